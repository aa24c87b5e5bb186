import { getLogger } from "@logtape/logtape";
import type { LoopMonitor } from "@loophound/toolkit/monitor";
import type { ThreadPool } from "@loophound/toolkit/offload";
import { setTimeout as delay } from "node:timers/promises";
import type { Source } from "../collection.ts";
import type { Engine } from "../db/types.ts";
import type { LoadReport } from "../load_report.ts";
import { describeError, isFinal, JobStoppedError } from "./_failure.ts";
import { trackProgress } from "./_progress.ts";
import type { JobRow } from "./_rows.ts";
import { type LoadLimits, runLoad } from "./_run_load.ts";
import type { JobStore } from "./_store.ts";
import type { JobProgress, JobRecord } from "./types.ts";

const logger = getLogger(["loophound", "jobs"]);

/** When and how often a failed load is tried again. */
export interface RetryPolicy {
  /** Attempts that may end in an error. */
  maxErrors: number;
  /** Milliseconds before the second attempt; four times as long each time. */
  backoffMs: number;
}

/** What {@linkcode runAttempt} works with. */
export interface AttemptOptions {
  store: JobStore;
  sources: ReadonlyMap<string, Source>;
  engine: Engine;
  pool: ThreadPool;
  monitor: LoopMonitor;
  limits: LoadLimits;
  retry: RetryPolicy;
  /** Aborted with a {@linkcode JobStoppedError}. */
  signal: AbortSignal;
  /** Aborted when the server gives no more time to write things down. */
  closing: AbortSignal;
}

/** What became of the job. */
export type AttemptOutcome =
  | { ended: JobRecord }
  /** It is queued again. */
  | { putBack: true; delayMs: number }
  /** It belongs to another server now, or will when its lease has run out. */
  | { lost: true };

/** The pool has no room: nothing is wrong with the load. */
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

function finishedProgress(report: LoadReport, seconds: number): JobProgress {
  const { bytes } = report;
  return {
    done: bytes,
    total: bytes,
    rate: Math.round(bytes / Math.max(seconds, 0.001)),
    doing: "finished",
    eta_s: 0,
  };
}

async function settleFailure(
  error: unknown,
  { row, options }: { row: JobRow; options: AttemptOptions },
): Promise<AttemptOutcome> {
  const { store, signal, closing, retry } = options;
  const { id, attempts: number, errors, source } = row;
  const attempt = { id, number };
  const name = error instanceof Error ? error.name : "";
  const putBack = async (delayMs: number, counted: boolean) => {
    const done = await persist(() =>
      store.putBack(attempt, {
        delayMs,
        counted,
        ...(counted ? { error: describeError(error) } : {}),
      }), closing);
    return done ? { putBack: true as const, delayMs } : { lost: true as const };
  };
  if (!isFinal(error)) {
    const stopped = signal.aborted ? signal.reason : undefined;
    if (stopped instanceof JobStoppedError && stopped.reason === "lost") {
      logger.warning("Load {id} of {source} was taken over by another server", {
        id,
        source,
      });
      return { lost: true };
    }
    if (signal.aborted || name === "PoolClosedError") {
      return await putBack(0, false);
    }
    if (name === "PoolFullError") return await putBack(poolFullMs, false);
    if (errors + 1 < retry.maxErrors) {
      const delayMs = retry.backoffMs * 4 ** errors;
      logger.warning(
        "Load {id} of {source} failed and is tried again in {delayMs} ms: {error}",
        { id, source, delayMs, error },
      );
      return await putBack(delayMs, true);
    }
  }
  logger.error("Load {id} of {source} failed: {error}", { id, source, error });
  const ended = await persist(
    () => store.fail(attempt, describeError(error)),
    closing,
  );
  return ended === undefined ? { lost: true } : { ended };
}

/**
 * Runs a job that this server has claimed, once, and writes down what became
 * of it.
 *
 * @throws The database could not be reached for a long time: the job's lease
 * runs out and it starts over.
 */
export async function runAttempt(
  row: JobRow,
  options: AttemptOptions,
): Promise<AttemptOutcome> {
  const { store, sources, closing } = options;
  const { id, attempts: number, request } = row;
  const source = sources.get(row.source);
  if (source === undefined) {
    const ended = await store.fail({ id, number }, {
      name: "UnknownSourceError",
      message:
        `Cannot load source "${row.source}": this server has none of that name`,
      line: null,
    });
    return ended === undefined ? { lost: true } : { ended };
  }
  const since = performance.now();
  const progress = trackProgress({
    total: request.file?.bytes ?? 0,
    write: (progress) => store.saveProgress({ id, number }, progress),
  });
  let report: LoadReport;
  try {
    report = await runLoad({
      ...options,
      id,
      source,
      request,
      onProgress: (update) => progress.update(update),
    });
  } catch (error) {
    await progress.stop();
    return await settleFailure(error, { row, options });
  }
  await progress.stop();
  const ended = await persist(() =>
    store.succeed({ id, number }, {
      report,
      progress: finishedProgress(report, (performance.now() - since) / 1000),
    }), closing);
  if (ended === undefined) return { lost: true };
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
  return { ended };
}
