import { getLogger } from "@logtape/logtape";
import type { Engine } from "../db/types.ts";
import { type ListenerOptions, startListener } from "./_feed_listener.ts";
import { openEventTail, readEvents } from "./_feed_tail.ts";
import type { JobFeed } from "./types.ts";

export { followEvents, type FollowOptions } from "./_feed_follow.ts";

const logger = getLogger(["loophound", "jobs"]);

/** How often the log is looked at; only while someone waits. */
export interface FeedTiming
  extends Pick<ListenerOptions, "proofMs" | "retryMs" | "backoffMs"> {
  /**
   * Where nothing tells of new events, milliseconds.
   *
   * @default {1_000; 250 on the embedded engine}
   */
  pollMs?: number;
  /**
   * Where notices tell of them, milliseconds: finds out that they do not come
   * any more on a connection that looks alive.
   *
   * @default {10_000}
   */
  checkMs?: number;
}

/** Options of {@linkcode openJobFeed}. */
export interface OpenJobFeedOptions {
  engine: Pick<Engine, "executeSql" | "listen">;
  /** @default {{}} */
  timing?: FeedTiming;
}

/** A {@linkcode JobFeed} and what its owner does with it. */
export interface OpenJobFeed extends JobFeed, AsyncDisposable {
  /** Says that this process may have written an event: looked at once. */
  nudge(): void;
  /** Who waits is told so by a {@linkcode FeedClosedError}. Close it before the engine. */
  close(): Promise<void>;
}

/** Nothing can be followed any more. */
export class FeedClosedError extends Error {
  override readonly name = "FeedClosedError";

  constructor() {
    super("Cannot follow jobs: the server is closing");
  }
}

interface Waiter {
  after: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

const defaultLimit = 100;

/**
 * Opens the log of events that the table `jobs` writes (migrations.ts), for
 * all who follow jobs in this process: they share one look at it.
 *
 * On PostgreSQL a connection of its own listens for what any server writes.
 * Where that does not work, and on the embedded engine, new events are looked
 * for every so often. Without anyone who waits there is no query and no timer,
 * except to connect again.
 */
export async function openJobFeed(
  options: OpenJobFeedOptions,
): Promise<OpenJobFeed> {
  const { engine, timing = {} } = options;
  const { checkMs = 10_000 } = timing;
  const local = engine.listen === undefined;
  const pollMs = timing.pollMs ?? (local ? 250 : 1_000);
  const waiters = new Set<Waiter>();
  const tail = await openEventTail(engine);
  /** The newest that a notice told of, or that was there before it could. */
  let told = 0;
  /** Found by the last check, and no notice had told of it. */
  let untold = 0;
  let looking = false;
  let failing = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed: Promise<void> | undefined;

  const newest = () => Math.max(tail.newest, told);
  const wake = () => {
    const now = newest();
    for (const waiter of waiters) if (waiter.after < now) waiter.resolve();
  };
  const listener = engine.listen === undefined ? undefined : startListener({
    ...timing,
    engine: {
      executeSql: (text, values) => engine.executeSql(text, values),
      listen: engine.listen.bind(engine),
    },
    onNotice(seq) {
      told = Math.max(told, seq);
      wake();
    },
    onChange() {
      if (closed !== undefined) return;
      untold = 0;
      if (!proved()) return schedule();
      // What was said while nobody listened.
      void look().then(() => told = Math.max(told, tail.newest));
    },
  });
  const proved = () => listener?.proved === true;

  async function look(): Promise<void> {
    try {
      await tail.fill();
      if (failing) logger.info("Events of jobs can be read again");
      failing = false;
    } catch (error) {
      if (!failing && closed === undefined) {
        logger.warning("Cannot look for events of jobs: {error}", { error });
      }
      failing = true;
    }
    wake();
  }
  /** Whether an event found by the check before is still untold. */
  function isDeaf(): boolean {
    const deaf = untold > told;
    untold = tail.newest > told ? tail.newest : 0;
    return deaf;
  }
  async function turn(): Promise<void> {
    looking = true;
    await look();
    looking = false;
    if (proved() && isDeaf()) listener?.doubt();
    schedule();
  }
  function schedule(): void {
    clearTimeout(timer);
    timer = undefined;
    if (waiters.size === 0 || closed !== undefined || looking) return;
    timer = setTimeout(turn, proved() ? checkMs : pollMs);
  }
  const close = async () => {
    clearTimeout(timer);
    for (const { reject } of waiters) reject(new FeedClosedError());
    await listener?.close();
    await tail.idle();
  };

  return {
    async read(after, { job, limit = defaultLimit } = {}) {
      if (closed !== undefined) throw new FeedClosedError();
      await tail.fill();
      wake();
      const events = tail.since(after);
      if (events === undefined) {
        return await readEvents(engine, { after, job, limit });
      }
      return (job === undefined
        ? events
        : events.filter((it) => it.job === job))
        .slice(0, limit);
    },
    changed(after, signal) {
      if (closed !== undefined) return Promise.reject(new FeedClosedError());
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (after < newest()) return Promise.resolve();
      return new Promise<void>((resolve, reject) => {
        const leave = () => {
          waiters.delete(waiter);
          signal?.removeEventListener("abort", abort);
          if (waiters.size === 0) schedule();
        };
        const abort = () => waiter.reject(signal?.reason);
        const waiter: Waiter = {
          after,
          resolve() {
            leave();
            resolve();
          },
          reject(error) {
            leave();
            reject(error);
          },
        };
        waiters.add(waiter);
        signal?.addEventListener("abort", abort);
        if (waiters.size === 1) schedule();
      });
    },
    get newest() {
      return newest();
    },
    async oldest() {
      const { rows } = await engine.executeSql(
        "select coalesce(min(seq), 0) as seq from job_events",
      );
      return Number(rows[0]?.seq);
    },
    get mode() {
      return local ? "local" : proved() ? "listen" : "poll";
    },
    nudge() {
      if (waiters.size > 0 && closed === undefined) void look();
    },
    close: () => closed ??= close(),
    [Symbol.asyncDispose]: () => closed ??= close(),
  };
}
