import type { LoadReport } from "../load_report.ts";
import {
  type Attempt,
  ids,
  inMs,
  json,
  owned,
  setFree,
  sqlRunner,
  type StoreOptions,
} from "./_sql.ts";
import { jobColumns, type JobRow } from "./_rows.ts";
import type { JobError, JobProgress } from "./types.ts";

/** How an attempt that did not end the job leaves it. */
export interface PutBack {
  /** Milliseconds until it may be claimed again. */
  delayMs: number;
  /** The attempt counts against the limit. */
  counted: boolean;
  /** What it failed with, if it failed. */
  error?: JobError;
}

/** What a job that has succeeded leaves. */
export interface Success {
  report: LoadReport | null;
  result: unknown;
  progress: JobProgress;
}

/** What an attempt writes; nothing once another has begun. */
export interface JobAttempts {
  /** Answers which of the jobs still belong to this owner. */
  renew(
    ids: readonly string[],
  ): Promise<Map<string, { cancelling: boolean }>>;
  saveProgress(attempt: Attempt, progress: JobProgress): Promise<void>;
  succeed(attempt: Attempt, success: Success): Promise<JobRow | undefined>;
  /** @param options.final Its upload is of no use any more. */
  fail(
    attempt: Attempt,
    options: { error: JobError; final: boolean },
  ): Promise<JobRow | undefined>;
  cancelled(attempt: Attempt): Promise<JobRow | undefined>;
  /** Answers the job as it is now: queued, or cancelled if that was asked. */
  putBack(attempt: Attempt, how: PutBack): Promise<JobRow | undefined>;
}

/** The statements of {@linkcode JobAttempts}. */
export function jobAttempts(options: StoreOptions): JobAttempts {
  const { owner, leaseMs } = options;
  const sql = sqlRunner(options.engine);
  const update = async (
    { id, number }: Attempt,
    set: string,
    values: readonly unknown[] = [],
  ) => {
    const [row] = await sql<JobRow>(
      `update jobs set ${set} where ${owned} returning ${jobColumns}`,
      [id, number, owner, ...values],
    );
    return row;
  };
  const end =
    "owner = null, lease_until = null, finished_at = clock_timestamp()";
  return {
    async renew(running) {
      const rows = await sql<{ id: string; cancelling: boolean }>(
        `update jobs set lease_until = ${inMs("$3")}
         where id in ${ids("$1")} and owner = $2 and state = 'running'
         returning id, cancel_requested_at is not null as cancelling`,
        [json(running), owner, leaseMs],
      );
      return new Map(rows.map((row) => [row.id, row]));
    },
    async saveProgress(attempt, progress) {
      await update(attempt, "progress = $4::text::json", [json(progress)]);
    },
    succeed: (attempt, { report, result, progress }) =>
      update(
        attempt,
        `${end}, state = 'succeeded', error = null, spooled_path = null,
         report = $4::text::json, result = $5::text::json,
         progress = $6::text::json`,
        [json(report), json(result), json(progress)],
      ),
    fail: (attempt, { error, final }) =>
      update(
        attempt,
        `${end}, state = 'failed', error = $4::text::json, spooled_path =
           case when $5::boolean then null else spooled_path end`,
        [json(error), final],
      ),
    cancelled: (attempt) => update(attempt, `${end}, state = 'cancelled'`),
    putBack: (attempt, { delayMs, counted, error }) =>
      update(
        attempt,
        `${setFree("'queued'")}, run_at = ${inMs("$4")},
         attempts = attempts -
           case when cancel_requested_at is null then $5::int else 0 end,
         errors = errors + $6::int,
         error = coalesce($7::text::json, error)`,
        [
          delayMs,
          counted ? 0 : 1,
          error === undefined ? 0 : 1,
          json(error),
        ],
      ),
  };
}
