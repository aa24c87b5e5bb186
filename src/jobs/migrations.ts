import type { SqlMigration } from "../collection.ts";

/**
 * The table of jobs. It alone says what is so; pg-boss carries tickets that
 * say which job to look at.
 *
 * The partial unique index makes two equal loads one, whichever server they
 * are handed to. `attempts` counts starts and fences what an attempt writes:
 * one whose job was taken over finds another number there. `host` names the
 * servers that can read the job's file; null: any server. `json`, not `jsonb`:
 * it keeps the order of what is answered.
 */
export const jobMigrations: readonly SqlMigration[] = [{
  name: "0001_jobs",
  sql: `
    create table jobs (
      id uuid primary key,
      seq bigint generated always as identity unique,
      kind text collate "C" not null default 'load',
      source text collate "C" not null,
      input json not null,
      request json not null,
      dedup_key text collate "C" not null,
      host text collate "C",
      spooled_path text,
      state text collate "C" not null default 'queued' check (
        state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')
      ),
      progress json not null,
      report json,
      attempts int not null default 0,
      errors int not null default 0,
      error json,
      owner text collate "C",
      lease_until timestamptz,
      run_at timestamptz not null default clock_timestamp(),
      created_at timestamptz not null default clock_timestamp(),
      started_at timestamptz,
      finished_at timestamptz
    );
    create unique index jobs_one_alive on jobs (dedup_key)
      where state in ('queued', 'running');
    create index jobs_alive on jobs (state, host)
      where state in ('queued', 'running');
    create index jobs_of_source on jobs (source, seq desc);
    create table job_hosts (
      host text collate "C" primary key,
      seen_at timestamptz not null
    );
  `,
}];
