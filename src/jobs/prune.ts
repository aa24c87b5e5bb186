import { sql, type Transaction } from "kysely";
import { z } from "zod";
import { defineJob } from "./define_job.ts";
import type { JobKind, ScheduleRequest } from "./types.ts";

/** How long what is kept. */
export interface JobRetention {
  /** Days for which jobs that are over are kept. @default {30} */
  days?: number;
  /**
   * Minutes for which the progress events of jobs that are over are kept.
   *
   * @default {60}
   */
  progressMinutes?: number;
  /** Events that are kept in all, the newest ones. @default {100_000} */
  events?: number;
  /** Rows deleted in one transaction. @default {200} */
  batch?: number;
}

/** When it is run unless someone says otherwise. */
export const pruneSchedule: ScheduleRequest = {
  cron: "17 */6 * * *",
  kind: "prune",
  priority: -50,
};

// deno-lint-ignore no-explicit-any -- no collection's schema has these tables
type Trx = Transaction<any>;

interface Pruned {
  jobs: number;
  events: number;
}

function prunedBefore(checkpoint: unknown): Pruned {
  const { jobs = 0, events = 0 } = (checkpoint ?? {}) as Partial<Pruned>;
  return { jobs, events };
}

/**
 * Deletes jobs that ended long ago with their events, and events that no one
 * follows any more, in small transactions: nothing waits for it.
 */
export function pruneJob(retention: JobRetention = {}): JobKind {
  const { days = 30, progressMinutes = 60, events = 100_000, batch = 200 } =
    retention;
  const steps: {
    what: keyof Pruned;
    doing: string;
    run: (trx: Trx) => Promise<{ numAffectedRows?: bigint }>;
  }[] = [{
    what: "jobs",
    doing: "deleting old jobs",
    run: (trx) =>
      sql`
        with old as materialized (
          select id from jobs
          where finished_at < clock_timestamp() - make_interval(secs => ${
        days * 86_400
      }::float8)
            and state in ('succeeded', 'failed', 'cancelled')
          order by finished_at limit ${batch} for update skip locked),
        gone as (
          delete from job_events where job in (select id from old))
        delete from jobs where id in (select id from old)`.execute(trx),
  }, {
    what: "events",
    doing: "deleting events of progress",
    run: (trx) =>
      sql`
        delete from job_events where seq in (
          select e.seq from job_events e join jobs j on j.id = e.job
          where e.type = 'progress' and j.finished_at
            < clock_timestamp() - make_interval(secs => ${
        progressMinutes * 60
      }::float8)
          limit ${batch * 5})`.execute(trx),
  }, {
    what: "events",
    doing: "deleting the oldest events",
    run: (trx) =>
      sql`
        delete from job_events where seq in (
          select seq from job_events where seq <= (
            select seq from job_events order by seq desc
            offset ${events} limit 1)
          order by seq limit ${batch * 5})`.execute(trx),
  }];
  return defineJob({
    name: "prune",
    description:
      `Deletes jobs that ended over ${days} days ago, and events that no one follows any more`,
    input: z.object({}),
    resumes: "checkpoint",
    async run(_input, context) {
      let pruned = prunedBefore(context.checkpoint);
      for (const { what, doing, run } of steps) {
        for (let found = 1; found > 0;) {
          const next = { ...pruned };
          await context.step(next, async (trx) => {
            found = Number((await run(trx)).numAffectedRows ?? 0);
            next[what] += found;
          });
          pruned = next;
          const done = pruned.jobs + pruned.events;
          context.progress({ done, total: done, doing });
        }
      }
      return pruned;
    },
  });
}
