/**
 * For Hono: every route monitored under its own name, slow requests in a log
 * of their own, and the figures as Prometheus text.
 *
 * @module
 */
export {
  loopMonitor,
  type LoopMonitorMiddleware,
  type LoopMonitorMiddlewareOptions,
  type RequestReport,
  type SlowRequestReport,
} from "./loop_monitor.ts";
export type { RouteStats, TimeHistogram } from "./_request_stats.ts";
export {
  type Metric,
  type MetricHistogram,
  type MetricLabels,
  type MetricSample,
  PROMETHEUS_CONTENT_TYPE,
  renderPrometheus,
} from "./prometheus.ts";
export {
  loopMetrics,
  type QueryLaneStats,
  queryMetrics,
  requestMetrics,
} from "./metrics.ts";
