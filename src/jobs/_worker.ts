import { getLogger } from "@logtape/logtape";
import { type AttemptOptions, runAttempt } from "./_attempt.ts";
import { startDispatcher } from "./_dispatcher.ts";
import { JobStoppedError } from "./_failure.ts";
import { repeat } from "./_repeat.ts";
import { type JobRow, toRecord } from "./_rows.ts";
import { removeSpooled } from "./_spool_files.ts";
import type { JobStore } from "./_store.ts";
import type { Ticket, Tickets } from "./_tickets.ts";
import type { JobTiming } from "./timing.ts";
import type { JobRecord } from "./types.ts";

const logger = getLogger(["loophound", "jobs"]);

const maxAttempts = 5;
const maxErrors = 3;

/** Runs this server's share of the jobs. */
export interface Worker {
  /** Sends the ticket of a job just queued and looks at the queue. */
  queue(ticket: Ticket): Promise<void>;
  /** Takes up what other servers, or this one before it died, left behind. */
  takeUp(options: { all: boolean }): Promise<void>;
  close(): Promise<void>;
}

/** Options of {@linkcode startWorker}. */
export interface WorkerOptions
  extends Omit<AttemptOptions, "retry" | "signal" | "closing"> {
  store: JobStore;
  tickets: Tickets;
  host: string;
  concurrency: number;
  timing: JobTiming;
  /** The job is over for good. */
  onEnded: (record: JobRecord) => void;
}

function ticketOf({ id, host, request }: JobRow): Ticket {
  return { id, host, sample: request.sample };
}

interface Running {
  readonly controller: AbortController;
  /** The claim is written down, and can be renewed or lost. */
  claimed: boolean;
}

/** Starts to run what is queued for this host. */
export function startWorker(options: WorkerOptions): Worker {
  const { store, tickets, host, timing, engine } = options;
  const running = new Map<string, Running>();
  const closing = new AbortController();
  let stopped = false;

  const ended = async (record: JobRecord, row: JobRow) => {
    if (row.spooled_path !== null && row.host === host) {
      try {
        await removeSpooled(row.spooled_path);
      } catch (error) {
        // The next start deletes it.
        logger.warning("Cannot delete the upload {path}: {error}", {
          path: row.spooled_path,
          error,
        });
      }
    }
    options.onEnded(record);
  };
  /** A ticket that cannot be sent now is sent by a later sweep. */
  const send = async (what: readonly Ticket[]) => {
    try {
      if (what.length > 0) await tickets.send(what);
    } catch (error) {
      logger.warning("Cannot queue {count} loads yet: {error}", {
        count: what.length,
        error,
      });
    }
  };
  const attempt = async (row: JobRow, controller: AbortController) => {
    const outcome = await runAttempt(row, {
      ...options,
      retry: { maxErrors, backoffMs: timing.backoffMs },
      signal: controller.signal,
      closing: closing.signal,
    });
    if ("ended" in outcome) await ended(outcome.ended, row);
    if ("putBack" in outcome) {
      await send([{ ...ticketOf(row), delayMs: outcome.delayMs }]);
      dispatcher.nudgeIn(outcome.delayMs + 10);
    }
  };
  const run = async (id: string) => {
    // Taken while closing: it stays queued for the next server.
    if (stopped) return;
    const controller = new AbortController();
    // Known before it is claimed: a sweep must never take it for a dead
    // server's.
    const entry: Running = { controller, claimed: false };
    running.set(id, entry);
    try {
      const row = await store.claim(id);
      if (row === undefined) return;
      entry.claimed = true;
      if (closing.signal.aborted) controller.abort(closing.signal.reason);
      await attempt(row, controller);
    } catch (error) {
      // Its lease runs out, and it starts over.
      logger.error("Cannot write down what became of load {id}: {error}", {
        id,
        error,
      });
    } finally {
      if (running.get(id) === entry) running.delete(id);
    }
  };
  const settle = async (rows: readonly JobRow[]) => {
    const failed = rows.filter(({ state }) => state === "failed");
    for (const row of failed) {
      const { id, source, error } = row;
      logger.error("Load {id} of {source} failed: {message}", {
        id,
        source,
        message: error?.message,
      });
      await ended(toRecord(row), row);
    }
    return rows.filter(({ state }) => state === "queued").map(ticketOf);
  };
  const takeUp = async (all: boolean, minWaitMs: number) => {
    const except = [...running.keys()];
    const queued = await settle(
      await store.recover({ all, except, maxAttempts }),
    );
    if (engine.kind === "postgres") {
      await settle(await store.keepHost(host, timing.hostGoneMs));
    }
    queued.push(...await store.waiting({ host, minWaitMs }));
    await send(queued);
    if (queued.length > 0) dispatcher.nudge();
  };
  const renew = async () => {
    const before = [...running].filter(([, { claimed }]) => claimed);
    if (before.length === 0) return;
    const mine = await store.renew(before.map(([id]) => id));
    for (const [id, entry] of before) {
      if (mine.has(id) || running.get(id) !== entry) continue;
      entry.controller.abort(new JobStoppedError("lost"));
    }
  };
  const careful = (what: string, work: () => Promise<void>) => async () => {
    try {
      await work();
    } catch (error) {
      logger.warning("Cannot {what}: {error}", { what, error });
    }
  };

  const dispatcher = startDispatcher({
    concurrency: options.concurrency,
    pollMs: timing.pollMs,
    take: (limit) => tickets.take(limit),
    run,
    onError: (error) =>
      logger.warning("Cannot look at the queue: {error}", { error }),
  });
  const sweeper = repeat(
    careful("look for loads left behind", () => takeUp(false, timing.sweepMs)),
    timing.sweepMs,
  );
  const renewer = repeat(
    careful("renew the claims of running loads", renew),
    timing.renewMs,
  );

  return {
    async queue(ticket) {
      await send([ticket]);
      dispatcher.nudge();
    },
    takeUp: ({ all }) => takeUp(all, 0),
    async close() {
      stopped = true;
      await Promise.all([dispatcher.stop(), sweeper.stop()]);
      await dispatcher.idle(timing.closeMs);
      const reason = new JobStoppedError("closing");
      closing.abort(reason);
      for (const { controller } of running.values()) controller.abort(reason);
      await dispatcher.idle(timing.stopMs);
      await renewer.stop();
      // What did not stop in time is void from here on.
      await send((await store.release()).map(ticketOf));
    },
  };
}
