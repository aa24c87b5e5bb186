import { getLogger } from "@logtape/logtape";
import { FeedClosedError, followEvents } from "../jobs/feed.ts";
import type { Jobs } from "../jobs/types.ts";
import { type BoardOptions, type ProgressBoard, readBoard } from "./board.ts";

const logger = getLogger(["loophound", "progress"]);

/** Follows the log of jobs once, for all who watch at this server. */
export interface ProgressHub {
  /** Begins to follow, if it does not yet: somebody watches. */
  start(): void;
  /** Ends what `start` began: nobody watches any more. */
  stop(): void;
  /** Resolves when it knows how every source is, or was stopped. */
  ready(): Promise<void>;
  /**
   * How every source is now, as the message `initial_status`; undefined: it
   * is not known.
   */
  initial(): string | undefined;
}

/** Options of {@linkcode createProgressHub}. */
export interface ProgressHubOptions extends BoardOptions {
  jobs: Pick<Jobs, "get" | "list" | "feed">;
  /** Called with each message, in order: the one string for all. */
  onMessage: (text: string) => void;
  /** Called when there is nothing to follow any more: the server closes. */
  onClosed: () => void;
  /**
   * Before it tries again when the log cannot be read, milliseconds.
   *
   * @default {1_000}
   */
  retryMs?: number;
}

/** Makes a hub. It costs nothing until it is started. */
export function createProgressHub(options: ProgressHubOptions): ProgressHub {
  const { jobs, onMessage, retryMs = 1_000 } = options;
  const { feed } = jobs;
  let stopped: AbortController | undefined;
  let board: ProgressBoard | undefined;
  let waiting = Promise.withResolvers<void>();
  let text: string | undefined;

  const initial = () =>
    board &&
    (text ??= JSON.stringify({ type: "initial_status", data: board.all() }));

  const follow = async (signal: AbortSignal, first: boolean) => {
    // The number before the records: an event in between is told again.
    await feed.read(feed.newest, { limit: 1 });
    const after = feed.newest;
    const read = await readBoard(options);
    if (signal.aborted) return;
    board = read;
    text = undefined;
    // What has happened meanwhile was not told to anybody.
    if (!first) onMessage(initial()!);
    waiting.resolve();
    for await (const events of followEvents(feed, { after, signal })) {
      const messages = await read.apply(events);
      if (signal.aborted) return;
      if (messages.length > 0) text = undefined;
      for (const message of messages) onMessage(JSON.stringify(message));
    }
  };
  const run = async (signal: AbortSignal) => {
    for (let first = true; !signal.aborted; first = false) {
      try {
        await follow(signal, first);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof FeedClosedError) return options.onClosed();
        logger.warning("Cannot follow jobs, and will try again: {error}", {
          error,
        });
        // Who comes now waits for the next try.
        if (board !== undefined) waiting = Promise.withResolvers();
        board = undefined;
        await pause(retryMs, signal);
      }
    }
  };

  return {
    start() {
      if (stopped !== undefined) return;
      stopped = new AbortController();
      waiting = Promise.withResolvers();
      void run(stopped.signal);
    },
    stop() {
      stopped?.abort();
      stopped = undefined;
      board = undefined;
      waiting.resolve();
    },
    ready: () => waiting.promise,
    initial,
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
