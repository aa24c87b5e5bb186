import type { LoadReport } from "../load_report.ts";
import type { JobProgress, JobRecord, JobState, LoadRequest } from "./types.ts";

/** A row of `jobs`, as both drivers answer it. */
export interface JobRow {
  id: string;
  source: string;
  input: Record<string, unknown>;
  request: LoadRequest;
  state: JobState;
  progress: JobProgress;
  report: LoadReport | null;
  attempts: number;
  errors: number;
  error: JobRecord["error"];
  spooled_path: string | null;
  host: string | null;
  created_at: Date | string;
  started_at: Date | string | null;
  finished_at: Date | string | null;
}

/** The columns of {@linkcode JobRow}. */
export const jobColumns =
  `id, source, input, request, state, progress, report, attempts, errors,
   error, spooled_path, host, created_at, started_at, finished_at`;

function iso(time: Date | string): string {
  return new Date(time).toISOString();
}

/** A row as the API tells it. */
export function toRecord(row: JobRow): JobRecord {
  return {
    id: row.id,
    kind: "load",
    source: row.source,
    input: row.input,
    state: row.state,
    progress: row.progress,
    report: row.report,
    attempts: row.attempts,
    error: row.error,
    created_at: iso(row.created_at),
    started_at: row.started_at === null ? null : iso(row.started_at),
    finished_at: row.finished_at === null ? null : iso(row.finished_at),
  };
}

/** Whether a job in this state is over for good. */
export function isOver(state: JobState): boolean {
  return state !== "queued" && state !== "running";
}
