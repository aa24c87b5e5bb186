import { adviceFor } from "./_slow_query_advice.ts";
import { nameOf, previewOf } from "./_slow_query_text.ts";
import { QueryTimes } from "./_slow_query_times.ts";

/** The way that a query took: on the loop, or off it. */
export type QueryLane = "light" | "heavy";

/** One query that has ended, as a driver tells it. Times in milliseconds. */
export interface QueryRecord {
  /**
   * Name in reports. A function is asked only when the query was slow.
   *
   * @default A fingerprint of the SQL.
   */
  name?: string | (() => string | null) | null;
  sql: string;
  lane: QueryLane;
  /**
   * `pglite`, `postgres`.
   *
   * @default The log's engine.
   */
  engine?: string;
  /** ISO time or milliseconds since the epoch. */
  started?: string | number;
  /** Wall time from sending the query to having its answer. */
  execution_ms: number;
  /** Waiting for a connection before that. */
  queue_ms?: number | null;
  /** Making rows out of the answer's bytes, on the loop. Null: not measured. */
  decode_ms?: number | null;
  rows?: number | null;
  /** How late the loop came meanwhile: not the query's fault. */
  lag_ms?: number | null;
  /** CPU time of the loop's thread meanwhile, an upper bound of `decode_ms`. */
  loop_cpu_ms?: number | null;
  /** Whether it ended in an error. */
  failed?: boolean;
  trace_id?: string | null;
}

/** A query over the threshold: design.md §6. Times in milliseconds. */
export interface SlowQueryReport {
  /** `Slow query detected: <name>` or `CONSIDER OFFLOADING: <name>`. */
  message: string;
  level: "warning";
  name: string;
  /** Wall time less the lag of the loop. */
  execution_time_ms: number;
  wall_ms: number;
  lag_ms: number;
  queue_ms: number | null;
  decode_ms: number | null;
  rows: number | null;
  threshold_ms: number;
  lane: QueryLane;
  engine: string;
  /** The beginning of the SQL, at most 200 characters, without its parameters. */
  query_preview: string;
  recommendation: string;
  failed: boolean;
  trace_id: string | null;
  /** ISO time at which the query was sent. */
  time: string;
}

/** Sums of the queries of a lane. */
export interface QueryLaneFigures {
  lane: QueryLane;
  count: number;
  failed: number;
  slow: number;
  /** Execution time, lag subtracted. */
  execution: {
    buckets: { le_ms: number; count: number }[];
    sum_ms: number;
    count: number;
  };
}

/** Options of {@linkcode createSlowQueryLog}. */
export interface SlowQueryLogOptions {
  /**
   * A query that takes longer is slow. Milliseconds, waiting for a connection
   * included, lag of the loop not.
   *
   * @default {50}
   */
  slowMs?: number;
  /**
   * One that executes longer, for a reason that the heavy lane cures, should
   * be moved there. Milliseconds.
   *
   * @default {100}
   */
  offloadMs?: number;
  /**
   * How many reports are kept.
   *
   * @default {200}
   */
  ring?: number;
  /**
   * Of queries that do not say.
   *
   * @default {"postgres"}
   */
  engine?: string;
  /**
   * Called for each slow query.
   *
   * @default {() => {}}
   */
  log?: (report: SlowQueryReport) => void;
}

/** Keeps what is slow, and sums of all. */
export interface SlowQueryLog {
  /**
   * Counts a query that has ended.
   *
   * @returns The report if it was slow, else null.
   */
  record(query: QueryRecord): SlowQueryReport | null;
  /** Newest first. */
  recent(limit?: number): SlowQueryReport[];
  onSlow(listener: (report: SlowQueryReport) => void): Disposable;
  /** By lane, those that were used. */
  stats(): QueryLaneFigures[];
}

/**
 * Makes the log of slow queries. A query is slow by its own time: what the
 * loop was late while it ran is subtracted, so that a busy loop does not make
 * every query look slow. That makes `execution_time_ms` a lower bound: lag in
 * the middle of a query that was still running on the server is subtracted
 * too. `wall_ms` and `lag_ms` tell both.
 *
 * @param options Thresholds, size, logging.
 * @returns The log.
 *
 * @example
 * ```ts
 * import { createSlowQueryLog } from "@loophound/toolkit/sql";
 *
 * const log = createSlowQueryLog({ log: (report) => console.warn(report) });
 * log.record({
 *   name: "genes by tier",
 *   sql: "select * from genes where tier = $1",
 *   lane: "light",
 *   execution_ms: 180,
 *   decode_ms: 150,
 *   rows: 48_000,
 * });
 * console.log(log.recent(1)[0]?.message); // CONSIDER OFFLOADING: genes by tier
 * ```
 */
export function createSlowQueryLog(
  options: SlowQueryLogOptions = {},
): SlowQueryLog {
  const { slowMs = 50, offloadMs = 100, ring = 200, engine = "postgres" } =
    options;
  const kept: SlowQueryReport[] = [];
  const listeners = new Set<(report: SlowQueryReport) => void>();
  if (options.log !== undefined) listeners.add(options.log);
  const lanes = new Map<QueryLane, QueryTimes>();

  function record(query: QueryRecord): SlowQueryReport | null {
    const wall = query.execution_ms;
    const queue = query.queue_ms ?? 0;
    // Decoding its own rows makes the loop late too: that is the query's doing.
    const lag = Math.max(0, (query.lag_ms ?? 0) - (query.decode_ms ?? 0));
    const execution = Math.max(0, wall - lag);
    // Lag that is longer than the execution fell into the wait before it.
    const waited = Math.max(0, queue - Math.max(0, lag - wall));
    const slow = execution + waited >= slowMs;
    let times = lanes.get(query.lane);
    if (times === undefined) lanes.set(query.lane, times = new QueryTimes());
    times.record(execution, slow, query.failed === true);
    if (!slow) return null;
    const report = reportOf(query, { wall, lag, execution, waited });
    kept.push(report);
    if (kept.length > ring) kept.shift();
    for (const listener of listeners) listener(report);
    return report;
  }

  function reportOf(
    query: QueryRecord,
    ms: { wall: number; lag: number; execution: number; waited: number },
  ): SlowQueryReport {
    const name = nameOf(query.name, query.sql);
    const advice = adviceFor({
      lane: query.lane,
      engine: query.engine ?? engine,
      executionMs: ms.execution,
      waitedMs: ms.waited,
      decodeMs: query.decode_ms ?? null,
      loopCpuMs: query.loop_cpu_ms ?? null,
      rows: query.rows ?? null,
    });
    const offload = advice.offload && ms.execution >= offloadMs;
    const time = query.started ??
      Date.now() - ms.wall;
    return {
      message: `${
        offload ? "CONSIDER OFFLOADING" : "Slow query detected"
      }: ${name}`,
      level: "warning",
      name,
      execution_time_ms: ms.execution,
      wall_ms: ms.wall,
      lag_ms: ms.lag,
      queue_ms: query.queue_ms ?? null,
      decode_ms: query.decode_ms ?? null,
      rows: query.rows ?? null,
      threshold_ms: offload ? offloadMs : slowMs,
      lane: query.lane,
      engine: query.engine ?? engine,
      query_preview: previewOf(query.sql),
      recommendation: advice.text,
      failed: query.failed === true,
      trace_id: query.trace_id ?? null,
      time: new Date(time).toISOString(),
    };
  }

  return {
    record,
    recent(limit = ring) {
      return limit > 0 ? kept.slice(-limit).reverse() : [];
    },
    onSlow(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    stats: () => [...lanes].map(([lane, times]) => ({ lane, ...times.get() })),
  };
}

/**
 * Takes a query of any driver into a log: {@linkcode SlowQueryLog.record} as a
 * function of its own.
 *
 * @param log Where to.
 * @param query A query that has ended.
 * @returns The report if it was slow, else null.
 *
 * @example
 * ```ts
 * import { createSlowQueryLog, logSlowQuery } from "@loophound/toolkit/sql";
 *
 * const log = createSlowQueryLog();
 * const sql = "select pg_sleep(0.2)";
 * const report = logSlowQuery(log, { sql, lane: "light", execution_ms: 201 });
 * console.log(report?.recommendation);
 * ```
 */
export function logSlowQuery(
  log: SlowQueryLog,
  query: QueryRecord,
): SlowQueryReport | null {
  return log.record(query);
}
