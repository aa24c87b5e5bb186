/**
 * SQL without stalling: publications that readers see at once or not at all,
 * checked COPY, and the slow-query log with advice for Kysely.
 *
 * @module
 */
export type * from "./types.ts";
export type * from "./publication_types.ts";
export { beginPublication } from "./publication.ts";
export { copyFromBlob } from "./copy_from_blob.ts";
export { dropAbandonedShadows } from "./drop_abandoned_shadows.ts";
export {
  type PgClientLike,
  pgConnection,
  type PgConnectionOptions,
} from "./pg_connection.ts";
export {
  pgliteConnection,
  type PgliteLike,
  type PgliteQueryable,
} from "./pglite_connection.ts";
export { quoteIdentifier } from "./quote_identifier.ts";
export {
  createSlowQueryLog,
  logSlowQuery,
  type QueryLane,
  type QueryLaneFigures,
  type QueryRecord,
  type SlowQueryLog,
  type SlowQueryLogOptions,
  type SlowQueryReport,
} from "./slow_query.ts";
export {
  kyselyQueryLog,
  type KyselyQueryLogOptions,
  named,
} from "./slow_query_kysely.ts";
export {
  meterQueries,
  type QueryFacts,
  type QueryMeter,
} from "./slow_query_pool.ts";
