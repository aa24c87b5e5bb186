import type { SqlConnection } from "@loophound/toolkit/sql";
import type { Kysely } from "kysely";
import type { ConnectionStats } from "./_connection_figures.ts";

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
  /**
   * The answer shows all that was committed before this position of the
   * primary's log (like `0/16B3748`): a replica that is not there in a second
   * is not asked. On the embedded engine every answer does.
   *
   * @default {undefined} what {@linkcode Positions.require} was told
   */
  after?: string | undefined;
}

/** How it stands with the server of `DATABASE_REPLICA_URL`. */
export interface ReplicaStatus {
  /** Heavy queries go there. */
  used: boolean;
  /** Why they do not; null: they do. */
  why: string | null;
  /** It shows what the primary showed so long ago at most; null: not known. */
  lag_ms: number | null;
  /** How much of the primary's log it has yet to replay; null: not known. */
  behind_bytes: number | null;
  /** Position up to which it has replayed the primary's log. */
  replayed: string | null;
  /** ISO 8601; null: it has never answered. */
  answered_at: string | null;
  /** Heavy queries since the start, by the server that answered them. */
  queries: { replica: number; primary: number };
}

/** Positions in a server's log: who has seen what was written. */
export interface Positions {
  /** Where the primary stands: all that was committed before is before it. */
  current(): Promise<string>;
  /** From now on heavy queries show what was committed before this position. */
  require(position: string): void;
  /** Undefined: heavy queries go to the primary by configuration. */
  replica(): ReplicaStatus | undefined;
}

/** Runs queries and serialises what they answer off the loop. */
export interface HeavyLane {
  /** The answer as bytes; cancelling the stream cancels the query. */
  run(
    query: HeavyQuery,
    options?: HeavyOptions,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** Who listens on a channel; see {@linkcode Engine.listen}. */
export interface ListenOptions {
  /** Called with what each NOTIFY carries. */
  onNotice: (payload: string) => void;
  /** Called once when the connection has broken: nothing comes any more. */
  onLost: (error: Error) => void;
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
  /** Absent on the embedded engine: there, all that is committed is seen. */
  readonly positions?: Positions;
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
  /**
   * Listens on a channel of NOTIFY, over a connection of its own, until it is
   * disposed of or lost. Absent on the embedded engine: all that writes is in
   * this process.
   */
  listen?(channel: string, options: ListenOptions): Promise<AsyncDisposable>;
  /** The light lane's connections: how many are taken, who waits and how long. */
  connections?(): ConnectionStats;
  /** Resolves if the database answers within a second. */
  ping(): Promise<void>;
  /** Bytes on disk (`pg_database_size`). */
  sizeBytes(): Promise<number>;
  close(): Promise<void>;
}
