import type { JobRecord, JobState } from "../jobs/types.ts";

/** What has a status: a source, or a kind of job that is no load. */
export interface Subject {
  name: string;
  category: "data_source" | "internal_process";
  description: string;
}

/** How a source is, for clients of `/api/progress`. Times are ISO 8601. */
export interface SourceStatus {
  source_name: string;
  category: Subject["category"];
  description: string;
  /** `paused` is part of the protocol; nothing here is ever paused. */
  status: "idle" | "running" | "completed" | "failed" | "paused";
  /** Of what it is doing: 0 to 100. */
  progress_percentage: number;
  /** The same. */
  percentage: number;
  current_operation: string | null;
  /** Rows of the last load, when it has succeeded: before, 0. */
  items_processed: number;
  items_added: number;
  items_updated: number;
  items_failed: number;
  /** Nothing here has pages. */
  current_page: number;
  total_pages: number | null;
  /** How far it is with what it is doing, in the unit of that: mostly bytes. */
  current_item: number;
  total_items: number | null;
  last_error: string | null;
  started_at: string | null;
  completed_at: string | null;
  last_update_at: string | null;
  estimated_completion: string | null;
  metadata: Record<string, unknown>;
}

const statusOfState: Record<JobState, SourceStatus["status"]> = {
  queued: "idle",
  running: "running",
  succeeded: "completed",
  failed: "failed",
  cancelled: "idle",
};

function percentageOf({ state, progress }: JobRecord): number {
  if (state === "succeeded") return 100;
  if (!(progress.total > 0)) return 0;
  const share = Math.min(1, progress.done / progress.total);
  return Math.round(share * 10_000) / 100;
}

function operationOf(job: JobRecord): string {
  if (job.cancelling) return "cancelling";
  return job.state === "running" ? job.progress.doing : job.state;
}

/**
 * Says how a source is, from the job that is shown for it.
 *
 * @param options.job Undefined: there has been none.
 * @param options.at When the job was so, ISO 8601.
 */
export function sourceStatus(
  subject: Subject,
  options: { job: JobRecord | undefined; at: string | null },
): SourceStatus {
  const { job, at } = options;
  const report = job?.report ?? null;
  const running = job?.state === "running";
  const eta = running && at !== null ? job.progress.eta_s ?? null : null;
  const percentage = job === undefined ? 0 : percentageOf(job);
  return {
    source_name: subject.name,
    category: subject.category,
    description: subject.description,
    status: job === undefined ? "idle" : statusOfState[job.state],
    progress_percentage: percentage,
    percentage,
    current_operation: job === undefined ? null : operationOf(job),
    items_processed: report?.rows ?? 0,
    items_added: report?.inserted ?? 0,
    items_updated: report?.updated ?? 0,
    items_failed: report?.rejected ?? 0,
    current_page: 0,
    total_pages: null,
    current_item: job?.progress.done ?? 0,
    total_items: job?.progress.total || null,
    last_error: job?.error?.message ?? null,
    started_at: job?.started_at ?? null,
    completed_at: job?.state === "succeeded" ? job.finished_at : null,
    last_update_at: at,
    estimated_completion: eta === null
      ? null
      : new Date(Date.parse(at!) + eta * 1000).toISOString(),
    metadata: job === undefined ? {} : {
      job_id: job.id,
      state: job.state,
      attempts: job.attempts,
      rate: job.progress.rate,
      eta_s: job.progress.eta_s,
      input: job.input,
    },
  };
}
