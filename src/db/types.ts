import type { SqlConnection } from "@loophound/toolkit/sql";
import type { Kysely } from "kysely";

/**
 * Where a thread finds the database. Plain data and ports: it is posted to
 * the thread in a task's input, and `connect(address)` (src/db/connect.ts)
 * opens it there.
 */
export type DatabaseAddress =
  | { engine: "postgres"; url: string; applicationName?: string }
  | { engine: "pglite"; port: MessagePort };

/** How the heavy lane writes what a query answers. */
export type HeavyFormat =
  /** A JSON array of row objects. */
  | "json"
  /** One row object a line. */
  | "ndjson"
  /** Header line, then RFC 4180 records. */
  | "csv"
  /** The text of the first column of the first row, untouched: for queries that build their JSON in SQL. */
  | "raw";

/** A compiled query for the heavy lane. */
export interface HeavyQuery {
  /** For the slow-query log. */
  name: string;
  sql: string;
  parameters?: readonly unknown[];
  /** @default {"json"} */
  format?: HeavyFormat;
}

/** Options of {@linkcode HeavyLane.run}. */
export interface HeavyOptions {
  /** Aborting it cancels the query on the database server too. */
  signal?: AbortSignal;
  /** @default {30_000} */
  deadlineMs?: number;
}

/** Runs queries and serialises what they answer off the loop. */
export interface HeavyLane {
  /** The answer as bytes; cancelling the stream cancels the query. */
  run(
    query: HeavyQuery,
    options?: HeavyOptions,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** An open database: the seam between the backend and what it runs on. */
// deno-lint-ignore no-explicit-any -- each collection brings its own schema type
export interface Engine<Schema = any> extends AsyncDisposable {
  readonly kind: "pglite" | "postgres";
  /** What `/api/ops/runtime` says of it: product and version. */
  readonly description: string;
  /** The light lane: short queries, answered on the loop. */
  readonly light: Kysely<Schema>;
  readonly heavy: HeavyLane;
  /**
   * Runs one or several statements for pg-boss; multi-statement text only
   * without values.
   */
  executeSql(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Record<string, unknown>[] }>;
  /** A new address for a thread (on PGlite: a new port, to be used once). */
  address(purpose: string): DatabaseAddress;
  /**
   * Says that whoever was given the address is gone (its thread was ended):
   * ends what it runs and frees the locks it holds. Not needed when the
   * connection was closed.
   */
  release?(address: DatabaseAddress): Promise<void>;
  /** A connection used from the loop itself, for start-up and tests. */
  connect(purpose: string): Promise<SqlConnection>;
  /** Resolves if the database answers within a second. */
  ping(): Promise<void>;
  /** Bytes on disk (`pg_database_size`). */
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}
