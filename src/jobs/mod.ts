/**
 * Durable jobs: loads and whatever else takes long, that survive the server,
 * can be cancelled and tried again, and tell how far they are.
 *
 * @module
 */
export { defineJob, type DefineJobOptions } from "./define_job.ts";
export { jobMigrations } from "./migrations.ts";
export { openJobs, type OpenJobsOptions } from "./open_jobs.ts";
export type { JobRetention } from "./prune.ts";
export { isOver } from "./_sql.ts";
export type * from "./types.ts";
