import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { RouteStats, TimeHistogram } from "./_request_stats.ts";
import type { SheddingStats } from "./load_shedding.ts";
import type { Metric, MetricHistogram, MetricLabels } from "./prometheus.ts";

/** What `createSlowQueryLog().stats()` tells of a lane: structural, so that this needs no database. */
export interface QueryLaneStats {
  lane: string;
  count: number;
  failed: number;
  slow: number;
  execution: TimeHistogram;
}

/** Prometheus counts in seconds. */
function inSeconds(
  histogram: TimeHistogram,
  labels: MetricLabels,
): MetricHistogram {
  return {
    labels,
    buckets: histogram.buckets.map(({ le_ms, count }) => ({
      le: le_ms / 1000,
      count,
    })),
    sum: histogram.sum_ms / 1000,
    count: histogram.count,
  };
}

/**
 * The loop: lag histogram, blocks by route, utilization.
 *
 * @param monitor What measures.
 * @returns Metrics for `renderPrometheus`.
 */
export function loopMetrics(monitor: LoopMonitor): Metric[] {
  const counters = monitor.counters();
  const stats = monitor.stats();
  const buckets = monitor.histogram();
  const blocks = monitor.blockCounts().map((it) => ({
    labels: { route: it.route ?? "(outside)" },
    ...it,
  }));
  return [
    {
      name: "loophound_loop_lag_seconds",
      help: "How late the event loop came, by tick.",
      type: "histogram",
      samples: [inSeconds({
        buckets,
        sum_ms: counters.lag_sum_ms,
        count: buckets.at(-1)?.count ?? 0,
      }, {})],
    },
    {
      name: "loophound_loop_utilization",
      help: "Share of the last minute in which the event loop was busy.",
      type: "gauge",
      samples: [{ value: stats.utilization }],
    },
    {
      name: "loophound_blocks_total",
      help: "Stretches that held the event loop longer than the threshold.",
      type: "counter",
      samples: blocks.map(({ labels, count }) => ({ labels, value: count })),
    },
    {
      name: "loophound_blocked_seconds_total",
      help: "Time for which such stretches held the event loop.",
      type: "counter",
      samples: blocks.map(({ labels, total_ms }) => ({
        labels,
        value: total_ms / 1000,
      })),
    },
    {
      name: "loophound_loop_gaps_total",
      help:
        "Gaps that are no blocks: the thread waited, the machine slept, others had the core, a debugger held it.",
      type: "counter",
      samples: [
        { labels: { kind: "parked" }, value: counters.parked_gaps },
        { labels: { kind: "suspended" }, value: counters.suspended_gaps },
        { labels: { kind: "preempted" }, value: counters.preempted_gaps },
        { labels: { kind: "paused" }, value: counters.paused_gaps },
      ],
    },
    {
      name: "loophound_monitor_seconds_total",
      help: "Time for which the monitor itself was on the event loop.",
      type: "counter",
      samples: [{ value: counters.monitor_total_ms / 1000 }],
    },
    {
      name: "loophound_requests_in_flight",
      help: "Monitored calls that have not ended.",
      type: "gauge",
      samples: [{ value: stats.in_flight.length }],
    },
  ];
}

/**
 * Requests by route: counts by status, wall time, own time on the loop.
 *
 * @param stats What `loopMonitor(…).requestStats()` tells.
 * @returns Metrics for `renderPrometheus`.
 */
export function requestMetrics(stats: readonly RouteStats[]): Metric[] {
  return [
    {
      name: "loophound_requests_total",
      help: "Requests by route and first digit of the status.",
      type: "counter",
      samples: stats.flatMap(({ route, by_status }) =>
        Object.entries(by_status).map(([status, value]) => ({
          labels: { route, status },
          value,
        }))
      ),
    },
    {
      name: "loophound_request_seconds",
      help: "Time from call to response, by route.",
      type: "histogram",
      samples: stats.map(({ route, wall }) => inSeconds(wall, { route })),
    },
    {
      name: "loophound_request_own_seconds",
      help: "Synchronous time on the event loop, by route.",
      type: "histogram",
      samples: stats.map(({ route, own }) => inSeconds(own, { route })),
    },
  ];
}

/**
 * Load shedding: whether it is on, and requests turned away by route.
 *
 * @param stats What `loadShedding(…).stats()` tells.
 * @returns Metrics for `renderPrometheus`.
 */
export function sheddingMetrics(stats: SheddingStats): Metric[] {
  const priorities = ["low", "normal", "high"] as const;
  return [
    {
      name: "loophound_shedding",
      help: "1 while requests of a priority are turned away.",
      type: "gauge",
      samples: priorities.map((priority) => ({
        labels: { priority },
        value: stats.shedding.includes(priority) ? 1 : 0,
      })),
    },
    {
      name: "loophound_shed_requests_total",
      help: "Requests turned away, by route and priority.",
      type: "counter",
      samples: stats.shed.map(({ route, priority, count }) => ({
        labels: { route, priority },
        value: count,
      })),
    },
    {
      name: "loophound_admitted_requests_total",
      help: "Requests that load shedding let in.",
      type: "counter",
      samples: [{ value: stats.admitted_total }],
    },
  ];
}

/**
 * Queries by lane.
 *
 * @param stats What `createSlowQueryLog(…).stats()` tells.
 * @returns Metrics for `renderPrometheus`.
 */
export function queryMetrics(stats: readonly QueryLaneStats[]): Metric[] {
  const byLane = (value: (lane: QueryLaneStats) => number) =>
    stats.map((lane) => ({ labels: { lane: lane.lane }, value: value(lane) }));
  return [
    {
      name: "loophound_query_seconds",
      help: "Execution time of queries by lane, lag of the loop subtracted.",
      type: "histogram",
      samples: stats.map(({ lane, execution }) =>
        inSeconds(execution, { lane })
      ),
    },
    {
      name: "loophound_queries_failed_total",
      help: "Queries that ended in an error, by lane.",
      type: "counter",
      samples: byLane((lane) => lane.failed),
    },
    {
      name: "loophound_slow_queries_total",
      help: "Queries over the threshold, by lane.",
      type: "counter",
      samples: byLane((lane) => lane.slow),
    },
  ];
}
