import {
  type LoadSheddingMiddleware,
  loopMetrics,
  type LoopMonitorMiddleware,
  type Metric,
  PROMETHEUS_CONTENT_TYPE,
  queryMetrics,
  renderPrometheus,
  requestMetrics,
  sheddingMetrics,
} from "@loophound/toolkit/hono";
import process from "node:process";
import type { Backend } from "../src/backend.ts";
import { createRouter } from "./router.ts";

type Row = [labels: Record<string, string>, value: number];

function metric(
  name: string,
  type: "counter" | "gauge",
  { help, rows }: { help: string; rows: readonly Row[] },
): Metric {
  return {
    name: `loophound_${name}`,
    type,
    help,
    samples: rows.map(([labels, value]) => ({ labels, value })),
  };
}

/** Threads, connections and limits, under the names of `/api/ops/pools`. */
function poolMetrics(backend: Backend): Metric[] {
  const stats = backend.limits.stats();
  const rows = (pick: (pool: typeof stats[number]) => number): Row[] =>
    stats.map((pool) => [{ pool: pool.name, kind: pool.kind }, pick(pool)]);
  const seconds = (which: "wait_ms" | "run_ms"): Row[] =>
    stats.flatMap(({ name: pool, kind, [which]: ms }): Row[] => [
      [{ pool, kind, quantile: "0.5" }, ms.p50 / 1000],
      [{ pool, kind, quantile: "0.99" }, ms.p99 / 1000],
    ]);
  return [
    metric("pool_concurrent", "gauge", {
      help: "What goes on now, by class of threads, connections or limit.",
      rows: rows((pool) => pool.concurrent),
    }),
    metric("pool_queue_depth", "gauge", {
      help: "What waits, by class of threads, connections or limit.",
      rows: rows((pool) => pool.queue_depth),
    }),
    metric("pool_limit", "gauge", {
      help: "How much may go on at once, where there is such a number.",
      rows: stats.flatMap(({ name: pool, kind, limit }): Row[] =>
        limit === null ? [] : [[{ pool, kind }, limit]]
      ),
    }),
    metric("pool_tasks_total", "counter", {
      help: "What has ended, by class of threads, connections or limit.",
      rows: stats.flatMap(({ name: pool, kind, completed, failed }): Row[] => [
        [{ pool, kind, outcome: "completed" }, completed],
        [{ pool, kind, outcome: "failed" }, failed],
      ]),
    }),
    metric("pool_wait_seconds", "gauge", {
      help: "Waiting of the newest 512, quantiles.",
      rows: seconds("wait_ms"),
    }),
    metric("pool_run_seconds", "gauge", {
      help: "Duration of the newest 512, quantiles.",
      rows: seconds("run_ms"),
    }),
    metric("pool_threads", "gauge", {
      help: "Threads alive, by class; stuck ones told apart.",
      rows: backend.pool.stats().flatMap((pool): Row[] => [
        [{ pool: pool.name, state: "alive" }, pool.threads],
        [{ pool: pool.name, state: "zombie" }, pool.zombies],
      ]),
    }),
  ];
}

/** How far the replica is behind, and who has answered heavy queries. */
function replicaMetrics(backend: Backend): Metric[] {
  const replica = backend.engine.positions?.replica();
  if (replica === undefined) return [];
  return [
    metric("replica_used", "gauge", {
      help: "1: heavy queries go to the replica; 0: to the primary.",
      rows: [[{}, replica.used ? 1 : 0]],
    }),
    metric("replica_lag_seconds", "gauge", {
      help: "The replica shows what the primary showed so long ago at most.",
      rows: replica.lag_ms === null ? [] : [[{}, replica.lag_ms / 1000]],
    }),
    metric("replica_queries_total", "counter", {
      help: "Heavy queries, by the server that answered them.",
      rows: [
        [{ server: "replica" }, replica.queries.replica],
        [{ server: "primary" }, replica.queries.primary],
      ],
    }),
  ];
}

function cacheMetrics(backend: Backend): Metric[] {
  const { hits, misses, entries, bytes } = backend.cache.stats();
  return [
    metric("cache_lookups_total", "counter", {
      help: "Lookups in the cache of light answers.",
      rows: [[{ outcome: "hit" }, hits], [{ outcome: "miss" }, misses]],
    }),
    metric("cache_entries", "gauge", {
      help: "Answers in the cache.",
      rows: [[{}, entries]],
    }),
    metric("cache_bytes", "gauge", {
      help: "Size of the answers in the cache.",
      rows: [[{}, bytes]],
    }),
  ];
}

async function databaseMetrics(backend: Backend): Promise<Metric[]> {
  const [counts, bytes] = await Promise.all([
    backend.jobs.counts(),
    backend.engine.sizeBytes(),
  ]);
  return [
    metric("jobs", "gauge", {
      help: "Jobs by state.",
      rows: Object.entries(counts).map(([state, count]): Row => [
        { state },
        count,
      ]),
    }),
    metric("database_bytes", "gauge", {
      help: "Size of the database on disk.",
      rows: [[{}, bytes]],
    }),
  ];
}

function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage();
  return [
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      help: "CPU time of the process, all threads.",
      samples: [{ value: (user + system) / 1e6 }],
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Resident set size of the process.",
      samples: [{ value: Deno.memoryUsage().rss }],
    },
  ];
}

/** `GET /metrics`: Prometheus text. */
export function metricsRoutes(
  backend: Backend,
  { watch, shedding }: {
    watch: LoopMonitorMiddleware;
    shedding: LoadSheddingMiddleware;
  },
) {
  const router = createRouter();
  router.get("/metrics", async (c) => {
    const text = renderPrometheus([
      ...loopMetrics(backend.monitor),
      ...requestMetrics(watch.requestStats()),
      ...sheddingMetrics(shedding.stats()),
      ...queryMetrics(backend.slowQueries.stats()),
      ...poolMetrics(backend),
      ...replicaMetrics(backend),
      ...cacheMetrics(backend),
      // A database that does not answer must not hide the loop's figures.
      ...await databaseMetrics(backend).catch(() => []),
      ...processMetrics(),
    ]);
    return c.body(text, 200, { "content-type": PROMETHEUS_CONTENT_TYPE });
  });
  return router;
}
