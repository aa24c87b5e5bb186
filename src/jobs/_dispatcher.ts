import { AsyncLocalStorage } from "node:async_hooks";

/** Hands what waits to free slots. */
export interface Dispatcher {
  /**
   * Looks for work now.
   *
   * @param news Someone says that there is some: see {@linkcode DispatcherOptions.take}.
   */
  nudge(news?: boolean): void;
  /** Looks for work in so many milliseconds, as if there were news then. */
  nudgeIn(ms: number): void;
  /** Takes nothing more; resolves when no look is under way. */
  stop(): Promise<void>;
  /** Resolves when nothing runs, or after `ms`. */
  idle(ms: number): Promise<void>;
  /** Resolves when nothing runs and the last look found nothing, or at the abort. */
  drained(signal: AbortSignal): Promise<void>;
}

/** What a look for work has brought. */
export interface Taken<Item> {
  /** To be started. */
  items: Item[];
  /** There may be more: what was seen was taken by others at that moment. */
  more: boolean;
}

/** Options of {@linkcode startDispatcher}. */
export interface DispatcherOptions<Item> {
  /** Slots. */
  concurrency: number;
  /** Milliseconds between looks when no one nudges. */
  pollMs: number;
  /** Takes up to `limit` of what waits. */
  take: (limit: number, news: boolean) => Promise<Taken<Item>>;
  /** Does one; never rejects. Its slot is taken until then. */
  run: (item: Item) => Promise<void>;
  onError: (error: unknown) => void;
}

/**
 * Runs what waits, at most `concurrency` at a time. It looks when nudged (by
 * who has queued something), when a slot comes free, and now and then.
 */
export function startDispatcher<Item>(
  options: DispatcherOptions<Item>,
): Dispatcher {
  const { concurrency, pollMs, take, run, onError } = options;
  // What is run belongs to no request, whoever has queued it: its time on the
  // loop must not count as theirs.
  const detached = AsyncLocalStorage.snapshot();
  const running = new Set<Promise<void>>();
  const delayed = new Set<ReturnType<typeof setTimeout>>();
  let poll: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  let lastLook: Promise<void> = Promise.resolve();
  let again = false;
  let news = false;
  let stopped = false;

  const start = (item: Item) => {
    const started = run(item).finally(() => {
      running.delete(started);
      nudge();
    });
    running.add(started);
  };
  const look = async () => {
    looking = true;
    clearTimeout(poll);
    do {
      again = false;
      try {
        while (!stopped && running.size < concurrency) {
          const fresh = news;
          news = false;
          const { items, more } = await take(concurrency - running.size, fresh);
          // What was taken is started even if told to stop meanwhile: `run`
          // gives it back.
          items.forEach(start);
          if (items.length > 0 && fresh) news = true;
          if (items.length === 0 && !more) break;
        }
      } catch (error) {
        onError(error);
      }
    } while (again && !stopped);
    looking = false;
    if (!stopped) poll = setTimeout(nudge, pollMs);
  };
  function nudge(fresh = false) {
    if (stopped) return;
    news ||= fresh;
    if (looking) again = true;
    else lastLook = detached(look);
  }

  nudge(true);
  return {
    nudge,
    nudgeIn(ms) {
      if (stopped) return;
      const timer = setTimeout(() => {
        delayed.delete(timer);
        nudge(true);
      }, ms);
      delayed.add(timer);
    },
    async stop() {
      stopped = true;
      clearTimeout(poll);
      for (const timer of delayed) clearTimeout(timer);
      delayed.clear();
      await lastLook;
    },
    async idle(ms) {
      if (running.size === 0) return;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
      });
      await Promise.race([Promise.all(running), late]);
      clearTimeout(timer);
    },
    async drained(signal) {
      const aborted = Promise.withResolvers<void>();
      const abort = () => aborted.resolve();
      signal.addEventListener("abort", abort);
      try {
        while (!signal.aborted && (looking || running.size > 0)) {
          await Promise.race([
            looking ? lastLook : Promise.race(running),
            aborted.promise,
          ]);
        }
      } finally {
        signal.removeEventListener("abort", abort);
      }
    },
  };
}
