import { getLogger } from "@logtape/logtape";
import { type AttemptOptions, jobName, runAttempt } from "./_attempt.ts";
import { type Dispatcher, startDispatcher } from "./_dispatcher.ts";
import { JobStoppedError } from "./_failure.ts";
import { repeat } from "./_repeat.ts";
import { type JobRow, toRecord } from "./_rows.ts";
import { type JobClass, jobClasses, type Runnable } from "./_runnable.ts";
import { removeSpooled } from "./_spool_files.ts";
import { isOver } from "./_sql.ts";
import { jobTaker } from "./_take.ts";
import type { Ticket, Tickets } from "./_tickets.ts";
import type { JobTiming } from "./timing.ts";
import type { JobRecord } from "./types.ts";

const logger = getLogger(["loophound", "jobs"]);

const maxAttempts = 5;

/** Runs this server's share of the jobs. */
export interface Worker {
  /** Looks at the queue: a job was just queued. Sends its ticket besides. */
  queued(row: Pick<JobRow, "id" | "kind" | "host" | "priority">): Promise<void>;
  /** Looks at the queue: another server has queued something. */
  news(): void;
  /**
   * Stops a job if it runs here.
   *
   * @param attempt The job's `attempts` when that was asked: a later one runs
   * because someone has said so since.
   */
  cancel(id: string, attempt: number): void;
  /** Its end is told when all that belongs to it is done. */
  runs(id: string): boolean;
  /** A job is over that no attempt of this server has ended. */
  ended(row: JobRow): Promise<void>;
  /** Takes up what other servers, or this one before it died, left behind. */
  takeUp(options: { all: boolean }): Promise<void>;
  /** Resolves when nothing runs and nothing waits, or at the abort. */
  drained(signal: AbortSignal): Promise<void>;
  /** Takes nothing more. */
  pause(): void;
  close(): Promise<void>;
}

/** Options of {@linkcode startWorker}. */
export interface WorkerOptions
  extends Omit<AttemptOptions, "backoffMs" | "signal" | "closing"> {
  kinds: ReadonlyMap<string, Runnable>;
  tickets: Tickets;
  host: string;
  /** Jobs at once. */
  concurrency: Readonly<Record<JobClass, number>>;
  timing: JobTiming;
  /** The job is over for good. */
  onEnded: (record: JobRecord) => void;
}

interface Running {
  readonly row: JobRow;
  readonly controller: AbortController;
}

/** Starts to run what is queued for this host. */
export function startWorker(options: WorkerOptions): Worker {
  const { store, tickets, host, timing, engine, kinds } = options;
  const running = new Map<string, Running>();
  /** Asked for while the claim was on its way; see `renew`. */
  const early = new Map<string, number>();
  const closing = new AbortController();
  let stopped = false;
  const taker = jobTaker(options);

  const ended = async (row: JobRow) => {
    // A failed or cancelled job that can be tried again keeps its upload.
    const path = row.request?.file?.spooled === true
      ? row.request.file.path
      : null;
    if (path !== null && row.spooled_path === null && row.host === host) {
      try {
        await removeSpooled(path);
      } catch (error) {
        // The next start deletes it.
        logger.warning("Cannot delete the upload {path}: {error}", {
          path,
          error,
        });
      }
    }
    options.onEnded(toRecord(row));
  };
  /** A ticket that cannot be sent now is sent by a later sweep. */
  const send = async (what: readonly Ticket[]) => {
    try {
      if (what.length > 0) await tickets.send(what);
    } catch (error) {
      logger.warning("Cannot queue {count} jobs yet: {error}", {
        count: what.length,
        error,
      });
    }
  };
  const attempt = async ({ row, controller }: Running) => {
    const kind = kinds.get(row.kind)!;
    const outcome = await runAttempt(row, {
      ...options,
      kind,
      backoffMs: timing.backoffMs,
      signal: controller.signal,
      closing: closing.signal,
    });
    if (outcome === undefined) return;
    const { row: now, delayMs } = outcome;
    if (isOver(now.state)) return await ended(now);
    await send([{ ...taker.ticket(now), delayMs }]);
    if (delayMs > 0) dispatchers[kind.class].nudgeIn(delayMs + 10);
  };
  const run = async (row: JobRow) => {
    const { id } = row;
    const entry = { row, controller: new AbortController() };
    running.set(id, entry);
    try {
      if (closing.signal.aborted) entry.controller.abort(closing.signal.reason);
      // Taken while pausing: another server is to have it.
      else if (stopped) entry.controller.abort(new JobStoppedError("closing"));
      else if (early.get(id) === row.attempts) cancel(id, row.attempts);
      await attempt(entry);
    } catch (error) {
      // Its lease runs out, and it is run again.
      logger.error("Cannot write down what became of job {id}: {error}", {
        id,
        error,
      });
    } finally {
      if (running.get(id) === entry) running.delete(id);
    }
  };
  const settle = async (rows: readonly JobRow[]) => {
    const over = rows.filter(({ state }) => isOver(state));
    for (const row of over) {
      const { id, state, error } = row;
      if (state === "failed") {
        logger.error("Job {id} ({name}) failed: {message}", {
          id,
          name: jobName(row),
          message: error?.message,
        });
      }
      await ended(row);
    }
    return rows.filter(({ state }) => !isOver(state)).map(taker.ticket);
  };
  const look = () => {
    for (const what of jobClasses) dispatchers[what].nudge(true);
  };
  const takeUp = async (all: boolean, minWaitMs: number) => {
    const except = [...running.keys()];
    const queued = await settle(
      await store.recover({ all, except, maxAttempts }),
    );
    if (engine.kind === "postgres") {
      await settle(await store.keepHost(host, timing.hostGoneMs));
    }
    const waiting = await store.waiting({ ...taker.all, minWaitMs });
    queued.push(...waiting.map(taker.ticket));
    await send(queued);
    if (queued.length > 0) look();
  };
  const renew = async () => {
    const before = [...running];
    // What runs by now is told below, if it was asked for.
    early.clear();
    if (before.length === 0) return;
    const mine = await store.renew(before.map(([id]) => id));
    for (const [id, entry] of before) {
      if (running.get(id) !== entry) continue;
      const found = mine.get(id);
      if (found === undefined) {
        entry.controller.abort(new JobStoppedError("lost"));
      } else if (found.cancelling) cancel(id, entry.row.attempts);
    }
  };
  function cancel(id: string, attempt: number) {
    const entry = running.get(id);
    if (entry === undefined) early.set(id, attempt);
    else if (entry.row.attempts === attempt) {
      entry.controller.abort(new JobStoppedError("cancelled"));
    }
  }
  const careful = (what: string, work: () => Promise<void>) => async () => {
    try {
      await work();
    } catch (error) {
      logger.warning("Cannot {what}: {error}", { what, error });
    }
  };
  const dispatcher = (what: JobClass) =>
    startDispatcher<JobRow>({
      concurrency: options.concurrency[what],
      pollMs: timing.pollMs,
      take: (limit, news) => taker.take(what, { limit, news }),
      run,
      onError: (error) =>
        logger.warning("Cannot look at the queue: {error}", { error }),
    });
  const dispatchers: Record<JobClass, Dispatcher> = {
    load: dispatcher("load"),
    other: dispatcher("other"),
  };
  const everyClass = (work: (dispatcher: Dispatcher) => Promise<void>) =>
    Promise.all([work(dispatchers.load), work(dispatchers.other)]);
  const sweeper = repeat(
    careful("look for jobs left behind", () => takeUp(false, timing.sweepMs)),
    timing.sweepMs,
  );
  const renewer = repeat(
    careful("renew the claims of running jobs", renew),
    timing.renewMs,
  );
  const pause = () => {
    stopped = true;
    return everyClass((one) => one.stop());
  };

  return {
    async queued(row) {
      const ticket = taker.ticket(row);
      dispatchers[ticket.class].nudge(true);
      await send([ticket]);
    },
    news: look,
    cancel,
    runs: (id) => running.has(id),
    ended,
    takeUp: ({ all }) => takeUp(all, 0),
    async drained(signal) {
      await everyClass((one) => one.drained(signal));
    },
    pause: () => void pause(),
    async close() {
      await Promise.all([pause(), sweeper.stop()]);
      await everyClass((one) => one.idle(timing.closeMs));
      const reason = new JobStoppedError("closing");
      closing.abort(reason);
      for (const { controller } of running.values()) controller.abort(reason);
      await everyClass((one) => one.idle(timing.stopMs));
      await renewer.stop();
      // What did not stop in time is void from here on.
      await send(await settle(await store.release()));
    },
  };
}
