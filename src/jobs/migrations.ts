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
}, {
  // `key` is the caller's idempotency key; `result` is what a job that is no
  // load answers; `checkpoint` is where its next attempt goes on.
  name: "0002_job_kinds",
  sql: `
    alter table jobs
      alter column source drop not null,
      add column key text collate "C",
      add column priority int not null default 0,
      add column resumes text collate "C" not null default 'starts_over'
        check (resumes in ('starts_over', 'checkpoint')),
      add column checkpoint json,
      add column result json,
      add column schedule text collate "C",
      add column cancel_requested_at timestamptz;
    create unique index jobs_one_key on jobs (kind, key) where key is not null;
    create index jobs_over on jobs (finished_at) where finished_at is not null;
  `,
}, {
  // The log of what became of jobs, written by the statement that changes the
  // job, whichever it is. Numbers are given under a lock that is held until the
  // commit: who has read up to a number will never find a smaller one later.
  // The lock is the last that a statement takes (rows are changed before), so
  // that statements do not wait for each other in a circle.
  name: "0003_job_events",
  sql: `
    create table job_events (
      seq bigint primary key,
      job uuid not null,
      at timestamptz not null default clock_timestamp(),
      type text collate "C" not null,
      data json not null
    );
    create index job_events_of_job on job_events (job, seq);
    create index job_events_at on job_events (at);
    create sequence job_events_seq;
    create function note_job_event() returns trigger language plpgsql as $$
      declare
        number bigint;
        what text;
      begin
        if tg_op = 'INSERT' then
          what := 'queued';
        elsif new.state is distinct from old.state then
          what := case new.state
            when 'running' then 'started'
            when 'queued' then
              case when new.errors > old.errors then 'retrying' else 'queued' end
            else new.state end;
        elsif new.cancel_requested_at is distinct from old.cancel_requested_at
          and new.cancel_requested_at is not null then
          what := 'cancelling';
        elsif new.progress::text is distinct from old.progress::text then
          what := 'progress';
        else
          return null;
        end if;
        perform pg_advisory_xact_lock(7001017018);
        number := nextval('job_events_seq');
        insert into job_events (seq, job, type, data) values (
          number, new.id, what,
          json_build_object(
            'kind', new.kind, 'source', new.source, 'state', new.state,
            'progress', new.progress, 'attempts', new.attempts,
            'error', new.error));
        perform pg_notify('loophound_jobs', number::text);
        return null;
      end
    $$;
    create trigger jobs_note_event after insert or update on jobs
      for each row execute function note_job_event();
  `,
}, {
  // `next_at` is the time it is due for, already past while no server is up.
  // `host`: it names a path, so that only servers that can read it fire it.
  // `attempts_before` is what had been tried when the job was queued again by
  // hand. The index is the order in which jobs are claimed.
  name: "0004_job_schedules",
  sql: `
    create table job_schedules (
      name text collate "C" primary key,
      cron text not null,
      timezone text not null,
      kind text collate "C" not null,
      source text collate "C",
      input json not null,
      path text,
      host text collate "C",
      priority int not null default 0,
      next_at timestamptz,
      last_at timestamptz,
      last_job uuid,
      last_error text,
      created_at timestamptz not null default clock_timestamp(),
      updated_at timestamptz not null default clock_timestamp()
    );
    alter table jobs add column attempts_before int not null default 0;
    create index jobs_next on jobs (priority desc, seq)
      where state = 'queued';
    create index jobs_uploads on jobs (host)
      where spooled_path is not null;
  `,
}, {
  // Run last in a transaction, it refuses the commit of an attempt whose job
  // was taken over or is over: a server that hung and wakes up. It holds the
  // job's row until the commit, so that a takeover comes before or after it.
  name: "0005_hold_job",
  sql: `
    create function hold_job(job uuid, attempt int, who text) returns void
    language plpgsql as $$
      begin
        perform from jobs where id = job and attempts = attempt and owner = who
          and state = 'running' for share;
        if not found then
          raise exception 'Cannot commit: job % belongs to another attempt', job
            using errcode = 'LH001';
        end if;
      end
    $$;
  `,
}];
