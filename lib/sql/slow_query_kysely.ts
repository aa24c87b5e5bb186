import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { CompiledQuery, KyselyPlugin, LogEvent } from "kysely";
import type { QueryLane, SlowQueryLog } from "./slow_query.ts";
import type { QueryMeter } from "./slow_query_pool.ts";

/** Names by query id, which a query keeps from its building to its log event. */
const names = new WeakMap<CompiledQuery["queryId"], string>();

/** Anything of Kysely that takes plugins: a database, a transaction. */
export interface TakesPlugins<Self> {
  withPlugin(plugin: KyselyPlugin): Self;
}

/**
 * Names the queries that are built from a database, for the slow-query log.
 *
 * @param db A Kysely database or transaction.
 * @param name Name in reports.
 * @returns The same database; every query built from it bears the name.
 *
 * @example
 * ```ts ignore
 * const gene = await named(db, "gene by symbol").selectFrom("genes")
 *   .selectAll().where("symbol", "=", "PKD1").executeTakeFirst();
 * ```
 */
export function named<Db extends TakesPlugins<Db>>(db: Db, name: string): Db {
  return db.withPlugin({
    transformQuery({ queryId, node }) {
      names.set(queryId, name);
      return node;
    },
    transformResult: ({ result }) => Promise.resolve(result),
  });
}

/** Options of {@linkcode kyselyQueryLog}. */
export interface KyselyQueryLogOptions {
  /**
   * The lane that this database is.
   *
   * @default {"light"}
   */
  lane?: QueryLane;
  /**
   * `pglite` or `postgres`.
   *
   * @default The log's engine.
   */
  engine?: string;
  /**
   * Tells how late the loop came while a query ran, how much its thread
   * computed, and which route asked.
   *
   * @default {null}
   */
  monitor?:
    | Pick<LoopMonitor, "lagBetween" | "cpuBetween" | "currentLabel">
    | null;
  /**
   * Tells waiting, rows and decoding, on a pool of `pg`.
   *
   * @default {null}
   */
  meter?: Pick<QueryMeter, "take"> | null;
}

/**
 * Makes the function for Kysely's `log` setting that takes every query into a
 * slow-query log. A query's name is the one that {@linkcode named} gave it,
 * else the route of the monitored call that asked, else a fingerprint.
 *
 * Streamed queries are left out: their time includes what the consumer of the
 * rows did.
 *
 * @param log The slow-query log.
 * @param options Lane, engine, and what measures.
 * @returns The logger for `new Kysely({ log })`.
 *
 * @example
 * ```ts ignore
 * const log = createSlowQueryLog();
 * const db = new Kysely<Schema>({
 *   dialect,
 *   log: kyselyQueryLog(log, { lane: "light", engine: "pglite", monitor }),
 * });
 * ```
 */
export function kyselyQueryLog(
  log: SlowQueryLog,
  options: KyselyQueryLogOptions = {},
): (event: LogEvent) => void {
  const { lane = "light", engine, monitor = null, meter = null } = options;
  return (event) => {
    if (event.level === "query" && event.isStream) return;
    const { query, queryDurationMillis: wall } = event;
    const facts = meter?.take(query.sql) ?? null;
    const end = performance.now();
    const start = end - wall - (facts?.queue_ms ?? 0);
    log.record({
      name: () => names.get(query.queryId) ?? monitor?.currentLabel() ?? null,
      sql: query.sql,
      lane,
      ...(engine === undefined ? {} : { engine }),
      execution_ms: wall,
      queue_ms: facts?.queue_ms ?? null,
      decode_ms: facts?.decode_ms ?? null,
      rows: facts?.rows ?? null,
      lag_ms: monitor?.lagBetween(start, end) ?? null,
      // Only a slow query's advice needs it, and it is 3 µs and more a time.
      loop_cpu_ms: wall >= 10 && facts === null
        ? monitor?.cpuBetween(start, end) ?? null
        : null,
      failed: event.level === "error",
    });
  };
}
