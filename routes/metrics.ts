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

function poolMetrics(backend: Backend): Metric[] {
  const stats = backend.pool.stats();
  const rows = (pick: (pool: typeof stats[number]) => number): Row[] =>
    stats.map((pool) => [{ pool: pool.name }, pick(pool)]);
  return [
    metric("pool_concurrent", "gauge", {
      help: "Tasks running, by class of threads.",
      rows: rows((pool) => pool.concurrent),
    }),
    metric("pool_queue_depth", "gauge", {
      help: "Tasks waiting, by class of threads.",
      rows: rows((pool) => pool.queue_depth),
    }),
    metric("pool_tasks_total", "counter", {
      help: "Tasks ended, by class of threads and outcome.",
      rows: stats.flatMap((pool): Row[] => [
        [{ pool: pool.name, outcome: "completed" }, pool.completed],
        [{ pool: pool.name, outcome: "failed" }, pool.failed],
      ]),
    }),
    metric("pool_threads", "gauge", {
      help: "Threads alive, by class; stuck ones told apart.",
      rows: stats.flatMap((pool): Row[] => [
        [{ pool: pool.name, state: "alive" }, pool.threads],
        [{ pool: pool.name, state: "zombie" }, pool.zombies],
      ]),
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
      ...cacheMetrics(backend),
      // A database that does not answer must not hide the loop's figures.
      ...await databaseMetrics(backend).catch(() => []),
      ...processMetrics(),
    ]);
    return c.body(text, 200, { "content-type": PROMETHEUS_CONTENT_TYPE });
  });
  return router;
}
