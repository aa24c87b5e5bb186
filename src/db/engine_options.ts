import type { ThreadKind, ThreadPool } from "@loophound/toolkit/offload";
import type { LogEvent, PostgresPool } from "kysely";

/** How long a heavy query took, for the slow-query log. */
export interface HeavyFigures {
  name: string;
  sql: string;
  /** Waiting for a thread or a turn, milliseconds. */
  queue_ms: number;
  /** The database working, milliseconds. */
  execution_ms: number;
  /** Rows becoming bytes, milliseconds; off the loop. */
  decode_ms: number;
  rows: number;
  bytes: number;
}

/** How long a light query took on the embedded engine. */
export interface LightFigures {
  sql: string;
  /** Waiting for its turn, milliseconds. */
  queue_ms: number;
  /** The database working, milliseconds; off the loop. */
  execution_ms: number;
  /** Bytes becoming rows, milliseconds; on the loop. */
  decode_ms: number;
  rows: number;
}

/** Options of {@linkcode openEngine}. */
export interface EngineOptions {
  /**
   * PostgreSQL server; without it the embedded engine is opened in `dataDir`.
   *
   * @default {undefined}
   */
  databaseUrl?: string | undefined;
  /**
   * Server for the heavy lane.
   *
   * @default {databaseUrl}
   */
  databaseReplicaUrl?: string | undefined;
  /**
   * A replica that is further behind is not used, milliseconds; Infinity: it
   * is used whenever it answers.
   *
   * @default {10_000}
   */
  replicaMaxLagMs?: number;
  /**
   * Connections of the light lane on a server.
   *
   * @default {8}
   */
  databasePool?: number;
  /** Folder of the embedded engine. */
  dataDir: string;
  /** Runs the heavy lane's tasks on a server, in the class `query`. */
  pool: ThreadPool;
  /**
   * Kind of thread for the embedded engine; `inline`: none, every query then
   * holds the loop for its full length.
   *
   * @default {"auto": the pool's}
   */
  threadKind?: "auto" | ThreadKind;
  /**
   * A transaction of the light lane on the embedded engine may take this
   * long, milliseconds: meanwhile all else waits.
   *
   * @default {5_000}
   */
  sessionMs?: number;
  /**
   * The embedded engine's thread is ended and started again when one turn
   * takes longer, milliseconds: it cannot be cancelled otherwise.
   *
   * @default {60_000}
   */
  maxTurnMs?: number;
  /** Kysely's `log` of the light lane. */
  kyselyLog?: ((event: LogEvent) => void) | undefined;
  /**
   * Wraps the pool of the light lane on a server, e.g. to measure: see
   * `meterQueries` of `@loophound/toolkit/sql`.
   */
  wrapPool?: ((pool: PostgresPool) => PostgresPool) | undefined;
  /** Called after a query of the light lane on the embedded engine. */
  onLightQuery?: ((figures: LightFigures) => void) | undefined;
  /** Called when a heavy answer has been made whole. */
  onHeavyQuery?: ((figures: HeavyFigures) => void) | undefined;
}
