import type { HttpClient } from "@loophound/toolkit/http";
import type { Limits } from "@loophound/toolkit/limits";
import type { ThreadPool } from "@loophound/toolkit/offload";
import type { SqlStatement } from "@loophound/toolkit/sql";
import type { Transaction } from "kysely";
import type { z } from "zod";
import type { Engine } from "../db/types.ts";
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

/** What a failed job says of its error, and of the errors that led to it. */
export interface JobError {
  name: string;
  message: string;
  /** 1-based line of the input, where one is known. */
  line: number | null;
  /** What it was caused by; absent: nothing known. */
  cause?: { name: string; message: string };
}

/** How the next attempt of a job goes on after a crash or an error. */
export type JobResumes = "starts_over" | "checkpoint";

/** A job, as `GET /api/jobs/:id` answers it. Times are ISO 8601. */
export interface JobRecord {
  id: string;
  /** "load", or the name of a {@linkcode JobKind}. */
  kind: string;
  /** Of a load; null: the job is no load. */
  source: string | null;
  /** What was asked: the source's fields, `path` or `upload`, `dry_run`. */
  input: Record<string, unknown>;
  state: JobState;
  /** The job was told to stop and is still running. */
  cancelling: boolean;
  progress: JobProgress;
  /** Of a load that succeeded. */
  report: LoadReport | null;
  /** What a job that is no load has answered. */
  result: unknown;
  resumes: JobResumes;
  priority: number;
  /** The caller's idempotency key. */
  key: string | null;
  /** The schedule that made it. */
  schedule: string | null;
  attempts: number;
  error: JobError | null;
  created_at: string;
  /** When it may be claimed at the earliest; null: it is over or running. */
  run_at: string | null;
  started_at: string | null;
  finished_at: string | null;
}

/** What has become of a job. `progress` is the only one that is frequent. */
export type JobEventType =
  | "queued"
  | "started"
  | "progress"
  | "retrying"
  | "cancelling"
  | "succeeded"
  | "failed"
  | "cancelled";

/** An entry of the log of events; see `job_events` in migrations.ts. */
export interface JobEvent {
  /** Grows with every event of every job. */
  seq: number;
  /** The job's id. */
  job: string;
  /** ISO 8601. */
  at: string;
  type: JobEventType;
  data: {
    kind: string;
    source: string | null;
    state: JobState;
    progress: JobProgress;
    attempts: number;
    error: JobError | null;
  };
}

/** What bounds the work of jobs with services outside. */
export interface JobServices {
  /** Limits by name, shared with all that this server does. */
  readonly limits: Limits;
  /** Asks other servers; pass it the job's signal. */
  readonly http: HttpClient;
}

/** What a running job is given besides its input. */
export interface JobContext extends JobServices {
  readonly id: string;
  /** 1 at the first attempt. */
  readonly attempt: number;
  /** Aborted when the job is cancelled, lost to another server, or the server stops. */
  readonly signal: AbortSignal;
  readonly engine: Engine;
  readonly pool: ThreadPool;
  /** What an earlier attempt has saved; undefined at the first. */
  readonly checkpoint: unknown;
  progress(update: { done: number; total: number; doing: string }): void;
  /**
   * To be run last in a transaction of the job's own, as in a thread: it fails,
   * and the transaction with it, when another server has taken the job
   * meanwhile. {@linkcode JobContext.step} needs none.
   */
  readonly fence: SqlStatement;
  /**
   * Saves where the next attempt goes on, and what `work` writes, in one
   * transaction of the light lane: both are there or neither, and neither when
   * another server has taken the job meanwhile. So each step takes effect once.
   *
   * @throws {JobStoppedError} The job belongs to another server now.
   */
  step(
    checkpoint: unknown,
    // deno-lint-ignore no-explicit-any -- each collection brings its own schema type
    work?: (transaction: Transaction<any>) => Promise<void>,
  ): Promise<void>;
}

/** Something that takes long, besides loads. Made by `defineJob`. */
export interface JobKind {
  readonly name: string;
  readonly description: string;
  readonly input: z.ZodObject;
  readonly resumes: JobResumes;
  /** Attempts that may end in an error. @default {3} */
  readonly maxErrors?: number;
  /** Runs on the loop: it awaits, and hands work to threads. Answers its result. */
  run(input: Record<string, unknown>, context: JobContext): Promise<unknown>;
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

/** How a job is to be queued. */
export interface SubmitOptions {
  /**
   * Two requests with one key are one job, also after it has ended.
   *
   * @default {undefined}
   */
  key?: string | undefined;
  /**
   * Higher goes first, −100 to 100.
   *
   * @default {0, or -1 for sample data}
   */
  priority?: number | undefined;
  /** The schedule that asks. @default {undefined} */
  schedule?: string | undefined;
}

export interface JobFilter {
  /** @default {50} */
  limit?: number;
  state?: JobState | undefined;
  source?: string | undefined;
  kind?: string | undefined;
  schedule?: string | undefined;
  /** Only jobs made before this one (an id): the next page. */
  before?: string | undefined;
}

/** What a schedule asks for: a job of a kind, or a load of a source. */
export interface ScheduleRequest {
  /** Minute, hour, day, month, weekday; six fields begin with the second. */
  cron: string;
  /** IANA name. @default {"UTC"} */
  timezone?: string | undefined;
  /** Either this or `source`. */
  kind?: string | undefined;
  source?: string | undefined;
  /** Of a load: the source's own fields. @default {{}} */
  input?: Record<string, unknown> | undefined;
  /** Of a load: the file, on the server that is asked now. */
  path?: string | undefined;
  /** @default {0} */
  priority?: number | undefined;
}

/** A schedule, as `GET /api/schedules` answers it. Times are ISO 8601. */
export interface ScheduleRecord {
  name: string;
  cron: string;
  timezone: string;
  kind: string;
  source: string | null;
  input: Record<string, unknown>;
  path: string | null;
  priority: number;
  /** The server has made it, and makes it again when it is gone. */
  built_in: boolean;
  next_at: string | null;
  /** The time it was last due for, and the job that it made then. */
  last_at: string | null;
  last_job: string | null;
  /** Why it made none. */
  last_error: string | null;
}

/** Jobs that are made again and again. */
export interface Schedules {
  /** By name. */
  list(): Promise<ScheduleRecord[]>;
  /**
   * Makes a schedule or changes it.
   *
   * @throws {ProblemError} "invalid-body", naming each field; what is wrong
   *   with the path.
   */
  put(
    name: string,
    request: ScheduleRequest,
  ): Promise<{ schedule: ScheduleRecord; created: boolean }>;
  /**
   * Answers false if there is none. Jobs that it has made go on.
   *
   * @throws {ProblemError} "conflict": it is built in.
   */
  remove(name: string): Promise<boolean>;
}

/** Reads and follows the log of events. */
export interface JobFeed {
  /**
   * Events after a number, in order: at most `limit` (100).
   *
   * @param options.job Of this job only.
   */
  read(
    after: number,
    options?: { job?: string; limit?: number },
  ): Promise<JobEvent[]>;
  /**
   * Resolves when there may be events after the number, of whatever server;
   * rejects with the signal's reason.
   */
  changed(after: number, signal?: AbortSignal): Promise<void>;
  /** The number of the newest event known here. */
  readonly newest: number;
  /** The number of the oldest event that is still kept; 0: none. */
  oldest(): Promise<number>;
  /** How news of other servers come: at once, or by looking every so often. */
  readonly mode: "local" | "listen" | "poll";
}

/** Durable jobs, on pg-boss. */
export interface Jobs extends AsyncDisposable {
  /**
   * Queues a load. The same input of the same source that is already queued
   * or running is not queued twice: its job is answered instead.
   *
   * @throws {ProblemError} "idempotency-conflict": the key was used for
   *   something else.
   */
  submit(
    request: LoadRequest,
    options?: SubmitOptions,
  ): Promise<{ id: string; created: boolean }>;
  /**
   * Queues a job of another kind.
   *
   * @throws {ProblemError} There is no such kind, or the input is not valid.
   */
  start(
    kind: string,
    input: Record<string, unknown>,
    options?: SubmitOptions,
  ): Promise<{ id: string; created: boolean }>;
  get(id: string): Promise<JobRecord | undefined>;
  /** Newest first. */
  list(filter?: JobFilter): Promise<JobRecord[]>;
  /**
   * Cancels a job, on whichever server it runs. A queued one is cancelled at
   * once; a running one when its thread, queries and fetches have stopped.
   * One that finishes first is what it became.
   *
   * @returns The record now; undefined: there is no such job.
   */
  cancel(id: string): Promise<JobRecord | undefined>;
  /**
   * Queues a failed or cancelled job again. One that saves checkpoints goes on
   * from the last.
   *
   * @throws {ProblemError} It is neither, or its upload is gone.
   * @returns The record now; undefined: there is no such job.
   */
  retry(id: string): Promise<JobRecord | undefined>;
  /** Resolves when the job has ended, with its last record. */
  finished(id: string, signal?: AbortSignal): Promise<JobRecord>;
  readonly feed: JobFeed;
  readonly schedules: Schedules;
  /** Kinds of jobs besides loads. */
  readonly kinds: readonly JobKind[];
  /** Jobs waiting and running in this process's view. */
  counts(): Promise<Record<JobState, number>>;
  /** Looks at the queue now; resolves when what was found has ended, or was aborted. */
  drainQueue(signal: AbortSignal): Promise<void>;
  /** Takes no more jobs from here on; those that run go on until `close`. */
  pause(): void;
  close(): Promise<void>;
}
