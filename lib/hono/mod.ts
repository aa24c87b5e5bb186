/**
 * For Hono: every route monitored under its own name, slow requests in a log
 * of their own, and the figures as Prometheus text; deadlines that reach the
 * work behind a request; load shedding while the loop comes late.
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
export type { OpenTelemetryApi } from "./_block_spans.ts";
export {
  deadline,
  type DeadlineOptions,
  type DeadlineReport,
  type DeadlineVariables,
  type LateReport,
} from "./deadline.ts";
export type { RequestDeadline } from "./_request_deadline.ts";
export {
  loadShedding,
  type LoadSheddingMiddleware,
  type LoadSheddingOptions,
  type SheddingReport,
  type SheddingStats,
} from "./load_shedding.ts";
export type { LagSource } from "./_recent_lag.ts";
export type { ShedCause, ShedLimits, ShedPriority } from "./_shed_gate.ts";
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
  sheddingMetrics,
} from "./metrics.ts";
