import type { PostgresPool, PostgresPoolClient } from "kysely";

/** What a {@linkcode QueryMeter} saw of a query. */
export interface QueryFacts {
  /** Milliseconds of waiting for a connection, at its first query. */
  queue_ms: number;
  /** Milliseconds of making rows out of bytes, on the loop. */
  decode_ms: number | null;
  rows: number;
}

/** Measures what Kysely's log does not tell. */
export interface QueryMeter {
  /** To be given to `PostgresDialect` in place of the pool. */
  readonly pool: PostgresPool;
  /** Facts of the oldest query of this SQL that were not taken yet. */
  take(sql: string): QueryFacts | null;
}

/** Facts that nobody takes must not pile up. */
const STATEMENTS = 256;
const EACH = 32;

/** The socket behind a client of `pg`, as far as it is needed here. */
interface DataEmitter {
  prependListener(event: "data", listener: () => void): unknown;
  on(event: "data", listener: () => void): unknown;
}

interface ClientOfPg extends PostgresPoolClient {
  connection?: { stream?: Partial<DataEmitter> };
}

/**
 * Wraps a pool of `pg` so that the slow-query log knows how long a query
 * waited for its connection, how many rows it answered and how long the loop
 * was busy making them: the time between the first and the last listener of
 * each chunk of bytes. Two looks at the clock a chunk, nothing a row.
 *
 * @param pool The pool, still the caller's to close (Kysely's `destroy` does).
 * @returns The pool for the dialect, and the meter for `kyselyQueryLog`.
 *
 * @example
 * ```ts ignore
 * const meter = meterQueries(new pg.Pool({ connectionString }));
 * const db = new Kysely({
 *   dialect: new PostgresDialect({ pool: meter.pool }),
 *   log: kyselyQueryLog(log, { lane: "light", engine: "postgres", meter }),
 * });
 * ```
 */
export function meterQueries(pool: PostgresPool): QueryMeter {
  const facts = new Map<string, QueryFacts[]>();
  const clients = new WeakMap<PostgresPoolClient, MeteredClient>();

  function keep(sql: string, fact: QueryFacts): void {
    let list = facts.get(sql);
    if (list === undefined) {
      if (facts.size >= STATEMENTS) {
        const oldest = facts.keys().next().value;
        if (oldest !== undefined) facts.delete(oldest);
      }
      facts.set(sql, list = []);
    }
    list.push(fact);
    if (list.length > EACH) list.shift();
  }

  const metered: PostgresPool = {
    async connect() {
      const asked = performance.now();
      const client = await pool.connect();
      let wrapped = clients.get(client);
      if (wrapped === undefined) {
        wrapped = new MeteredClient(client, keep);
        clients.set(client, wrapped);
      }
      wrapped.queueMs = performance.now() - asked;
      return wrapped;
    },
    end: () => pool.end(),
    // Kysely cancels queries through a connection of its own making.
    options: pool.options,
    ...(pool.Client === undefined ? {} : { Client: pool.Client }),
  };
  return {
    pool: metered,
    take(sql) {
      const list = facts.get(sql);
      if (list === undefined) return null;
      const fact = list.shift() ?? null;
      if (list.length === 0) facts.delete(sql);
      return fact;
    },
  };
}

/** A client of the pool with a clock around its socket's listeners. */
class MeteredClient implements PostgresPoolClient {
  queueMs = 0;
  /** Kysely cancels by it. */
  processID?: number;
  readonly #client: PostgresPoolClient;
  readonly #keep: (sql: string, fact: QueryFacts) => void;
  readonly #metered: boolean;
  #decodeMs = 0;
  #chunkAt = 0;

  constructor(
    client: PostgresPoolClient,
    keep: (sql: string, fact: QueryFacts) => void,
  ) {
    this.#client = client;
    this.#keep = keep;
    if (client.processID !== undefined) this.processID = client.processID;
    const stream = (client as ClientOfPg).connection?.stream;
    this.#metered = typeof stream?.prependListener === "function";
    if (this.#metered) {
      // `pg` parses and makes row objects within its own listener.
      stream!.prependListener!("data", () => {
        this.#chunkAt = performance.now();
      });
      stream!.on!("data", () => {
        this.#decodeMs += performance.now() - this.#chunkAt;
      });
    }
  }

  // deno-lint-ignore no-explicit-any -- Kysely's own signature is overloaded: text with parameters, or a cursor
  query(first: any, parameters?: any): any {
    if (typeof first !== "string") return this.#client.query(first);
    const queue_ms = this.queueMs;
    const decodedBefore = this.#decodeMs;
    this.queueMs = 0;
    const keep = (rows: number) =>
      this.#keep(first, {
        queue_ms,
        decode_ms: this.#metered ? this.#decodeMs - decodedBefore : null,
        rows,
      });
    return this.#client.query(first, parameters).then(
      (result: { rows?: unknown[] }) => {
        keep(result.rows?.length ?? 0);
        return result;
      },
      (error: unknown) => {
        keep(0);
        throw error;
      },
    );
  }

  release(error?: boolean | Error): void {
    (this.#client.release as (error?: boolean | Error) => void)(error);
  }
}
