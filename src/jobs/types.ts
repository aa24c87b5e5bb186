import type { LoadReport } from "../load_report.ts";

export type JobState =
  | "queued"
  | "running"
  | "succeeded"
  | "failed"
  | "cancelled";

/** How far a job is: design.md §6. */
export interface JobProgress {
  done: number;
  total: number;
  /** `done` per second. */
  rate: number;
  doing: string;
  eta_s: number | null;
}

/** A job, as `GET /api/jobs/:id` answers it. Times are ISO 8601. */
export interface JobRecord {
  id: string;
  kind: "load";
  source: string;
  /** What was asked: the source's fields, `path` or `upload`, `dry_run`. */
  input: Record<string, unknown>;
  state: JobState;
  progress: JobProgress;
  report: LoadReport | null;
  attempts: number;
  error: { name: string; message: string; line: number | null } | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
}

/** What is to be loaded. The path was checked against the allowed roots. */
export interface LoadRequest {
  source: string;
  /** Validated fields of the source. */
  fields: Record<string, unknown>;
  file?: {
    path: string;
    /** As the caller gave it, or "upload". */
    name: string;
    bytes: number;
    /** Known for a spooled upload. */
    sha256?: string;
    /** Delete the file when the job is over: it is a spooled upload. */
    spooled: boolean;
    /** Milliseconds since the epoch; tells two states of one path apart. */
    modifiedMs?: number;
  };
  dryRun: boolean;
  sample: boolean;
}

export interface JobFilter {
  /** @default {50} */
  limit?: number;
  state?: JobState;
  source?: string;
}

/** Durable jobs, on pg-boss. */
export interface Jobs extends AsyncDisposable {
  /**
   * Queues a load. The same input of the same source that is already queued
   * or running is not queued twice: its job is answered instead.
   */
  submit(request: LoadRequest): Promise<{ id: string; created: boolean }>;
  get(id: string): Promise<JobRecord | undefined>;
  /** Newest first. */
  list(filter?: JobFilter): Promise<JobRecord[]>;
  /** Resolves when the job has ended, with its last record. */
  finished(id: string, signal?: AbortSignal): Promise<JobRecord>;
  /** Jobs waiting and running in this process's view. */
  counts(): Promise<Record<JobState, number>>;
  close(): Promise<void>;
}
