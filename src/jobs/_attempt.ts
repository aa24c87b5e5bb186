import { getLogger } from "@logtape/logtape";
import { withHolder } from "@loophound/toolkit/limits";
import type { ThreadPool } from "@loophound/toolkit/offload";
import { setTimeout as delay } from "node:timers/promises";
import type { Engine } from "../db/types.ts";
import { retryDelayMs } from "./_backoff.ts";
import { describeError, isFinal, JobStoppedError } from "./_failure.ts";
import { jobContext } from "./_job_context.ts";
import { type ProgressTracker, trackProgress } from "./_progress.ts";
import type { JobRow } from "./_rows.ts";
import type { Outcome, Runnable } from "./_runnable.ts";
import type { JobStore } from "./_store.ts";
import type { JobContext, JobProgress, JobServices } from "./types.ts";

const logger = getLogger(["loophound", "jobs"]);

/** What {@linkcode runAttempt} works with. */
export interface AttemptOptions {
  store: JobStore;
  /** Who has claimed the job. */
  owner: string;
  engine: Engine;
  pool: ThreadPool;
  services: JobServices;
  /** Milliseconds before a second attempt; see {@linkcode retryDelayMs}. */
  backoffMs: number;
  /** Called after each progress that was written down. */
  onProgress: () => void;
  /** Aborted with a {@linkcode JobStoppedError}. */
  signal: AbortSignal;
  /** Aborted when the server gives no more time to write things down. */
  closing: AbortSignal;
}

/** What became of the job; undefined: it belongs to another server now. */
export type AttemptOutcome = { row: JobRow; delayMs: number } | undefined;

/** The pool has no room: nothing is wrong with the job. */
const poolFullMs = 1_000;
const writeTries = 8;

/** Tries again while the database cannot be reached. */
async function persist<T>(
  write: () => Promise<T>,
  closing: AbortSignal,
): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (attempt === writeTries || closing.aborted) throw error;
      await delay(100 * 2 ** attempt, undefined, { signal: closing });
    }
  }
}

/** What people call the job in the log. */
export function jobName({ kind, source }: JobRow): string {
  return source === null ? kind : `${kind} of ${source}`;
}

function finishedProgress(
  { current }: ProgressTracker,
  { report }: Outcome,
  seconds: number,
): JobProgress {
  const all = report?.bytes ?? Math.max(current.done, current.total);
  return {
    done: all,
    total: all,
    rate: Math.round(all / Math.max(seconds, 0.001)),
    doing: "finished",
    eta_s: 0,
  };
}

async function settleFailure(
  error: unknown,
  { row, kind, options }: {
    row: JobRow;
    kind: Runnable;
    options: AttemptOptions;
  },
): Promise<AttemptOutcome> {
  const { store, signal, closing } = options;
  const { id, attempts: number, errors } = row;
  const attempt = { id, number };
  const name = jobName(row);
  const write = async (change: () => Promise<JobRow | undefined>, ms = 0) => {
    const now = await persist(change, closing);
    return now === undefined ? undefined : { row: now, delayMs: ms };
  };
  const final = isFinal(error);
  if (!final) {
    const stopped = error instanceof JobStoppedError ? error : signal.reason;
    const reason = stopped instanceof JobStoppedError && stopped.reason;
    if (reason === "lost") {
      logger.warning("Job {id} ({name}) was taken over by another server", {
        id,
        name,
      });
      return undefined;
    }
    if (reason === "cancelled") {
      logger.info("Job {id} ({name}) was cancelled", { id, name });
      return await write(() => store.cancelled(attempt));
    }
    const thrown = error instanceof Error ? error.name : "";
    if (signal.aborted || thrown === "PoolClosedError") {
      return await write(() =>
        store.putBack(attempt, { delayMs: 0, counted: false })
      );
    }
    if (thrown === "PoolFullError") {
      const how = { delayMs: poolFullMs, counted: false };
      return await write(() => store.putBack(attempt, how), poolFullMs);
    }
    if (errors + 1 < kind.maxErrors) {
      const { backoffMs } = options;
      const delayMs = retryDelayMs(errors, {
        backoffMs,
        random: Math.random(),
      });
      logger.warning(
        "Job {id} ({name}) failed and is tried again in {delayMs} ms: {error}",
        { id, name, delayMs, error },
      );
      const how = { delayMs, counted: true, error: describeError(error) };
      return await write(() => store.putBack(attempt, how), delayMs);
    }
  }
  logger.error("Job {id} ({name}) failed: {error}", { id, name, error });
  return await write(() =>
    store.fail(attempt, { error: describeError(error), final })
  );
}

function logSuccess(row: JobRow): void {
  const { id, report } = row;
  if (report === null) {
    logger.info("Job {id} ({name}) succeeded", { id, name: jobName(row) });
    return;
  }
  logger.info(
    "Load {id} of {source} succeeded: {rows} rows, {accepted} accepted, {rejected} rejected; p99.9 of the loop {p999_ms} ms",
    {
      id,
      source: row.source,
      rows: report.rows,
      accepted: report.accepted,
      rejected: report.rejected,
      p999_ms: report.loop.p999_ms,
    },
  );
}

/** Loads are bounded by their threads; all else by the limit `import`. */
function run(
  row: JobRow,
  { kind, context }: { kind: Runnable; context: JobContext },
): Promise<Outcome> {
  if (kind.class === "load") return kind.run(row, context);
  const { limits, signal } = context;
  return limits.semaphore("import").run(() => kind.run(row, context), {
    signal,
    priority: row.priority,
  });
}

/**
 * Runs a job that this server has claimed, once, and writes down what became
 * of it.
 *
 * @throws The database could not be reached for a long time: the job's lease
 * runs out and it is run again.
 */
export async function runAttempt(
  row: JobRow,
  { kind, ...options }: AttemptOptions & { kind: Runnable },
): Promise<AttemptOutcome> {
  const { store, closing } = options;
  const attempt = { id: row.id, number: row.attempts };
  const since = performance.now();
  const progress = trackProgress({
    total: kind.total(row),
    async write(progress) {
      await store.saveProgress(attempt, progress);
      options.onProgress();
    },
  });
  let outcome: Outcome;
  try {
    options.signal.throwIfAborted();
    outcome = await withHolder(
      `job ${row.id}`,
      () =>
        run(row, { kind, context: jobContext(row, { ...options, progress }) }),
    );
  } catch (error) {
    await progress.stop();
    return await settleFailure(error, { row, kind, options });
  }
  await progress.stop();
  const seconds = (performance.now() - since) / 1000;
  const ended = await persist(() =>
    store.succeed(attempt, {
      ...outcome,
      progress: finishedProgress(progress, outcome, seconds),
    }), closing);
  if (ended === undefined) return undefined;
  logSuccess(ended);
  return { row: ended, delayMs: 0 };
}
