/**
 * SQL without stalling: publications that readers see at once or not at all,
 * checked COPY, and the slow-query log with advice for Kysely.
 *
 * @module
 */
export type * from "./types.ts";
export type * from "./publication_types.ts";
