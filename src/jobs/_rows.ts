import type { LoadReport } from "../load_report.ts";
import type {
  JobProgress,
  JobRecord,
  JobResumes,
  JobState,
  LoadRequest,
} from "./types.ts";

type Time = Date | string;

/** A row of `jobs`, as both drivers answer it. */
export interface JobRow {
  id: string;
  kind: string;
  source: string | null;
  input: Record<string, unknown>;
  /** Of a load; a job of another kind has `null` here. */
  request: LoadRequest | null;
  state: JobState;
  progress: JobProgress;
  report: LoadReport | null;
  result: unknown;
  checkpoint: unknown;
  resumes: JobResumes;
  priority: number;
  key: string | null;
  schedule: string | null;
  attempts: number;
  errors: number;
  error: JobRecord["error"];
  spooled_path: string | null;
  host: string | null;
  cancel_requested_at: Time | null;
  created_at: Time;
  run_at: Time;
  started_at: Time | null;
  finished_at: Time | null;
}

/** The columns of {@linkcode JobRow}. */
export const jobColumns =
  `jobs.id, jobs.kind, source, input, request, state, progress, report, result,
   checkpoint, resumes, jobs.priority, key, schedule, attempts, errors, error,
   spooled_path, host, cancel_requested_at, created_at, run_at, started_at,
   finished_at`;

function iso(time: Time): string {
  return new Date(time).toISOString();
}

function isoOrNull(time: Time | null): string | null {
  return time === null ? null : iso(time);
}

/** A row as the API tells it. */
export function toRecord(row: JobRow): JobRecord {
  return {
    id: row.id,
    kind: row.kind,
    source: row.source,
    input: row.input,
    state: row.state,
    cancelling: row.state === "running" && row.cancel_requested_at !== null,
    progress: row.progress,
    report: row.report,
    result: row.result,
    resumes: row.resumes,
    priority: row.priority,
    key: row.key,
    schedule: row.schedule,
    attempts: row.attempts,
    error: row.error,
    created_at: iso(row.created_at),
    run_at: row.state === "queued" ? iso(row.run_at) : null,
    started_at: isoOrNull(row.started_at),
    finished_at: isoOrNull(row.finished_at),
  };
}
