/**
 * Durable jobs: loads that survive the server, run once, and tell how far
 * they are.
 *
 * @module
 */
export { jobMigrations } from "./migrations.ts";
export { openJobs, type OpenJobsOptions } from "./open_jobs.ts";
export type * from "./types.ts";
