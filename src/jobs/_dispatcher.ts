/** Hands what waits to free slots. */
export interface Dispatcher {
  /** Looks for work now. */
  nudge(): void;
  /** Looks for work in so many milliseconds. */
  nudgeIn(ms: number): void;
  /** Takes nothing more; resolves when no look is under way. */
  stop(): Promise<void>;
  /** Resolves when nothing runs, or after `ms`. */
  idle(ms: number): Promise<void>;
}

/** Options of {@linkcode startDispatcher}. */
export interface DispatcherOptions {
  /** Slots. */
  concurrency: number;
  /** Milliseconds between looks when no one nudges. */
  pollMs: number;
  /** Takes up to `limit` ids of what waits. */
  take: (limit: number) => Promise<string[]>;
  /** Does one; never rejects. Its slot is taken until then. */
  run: (id: string) => Promise<void>;
  onError: (error: unknown) => void;
}

/**
 * Runs what waits, at most `concurrency` at a time. It looks when nudged (by
 * who has queued something in this process), when a slot comes free, and now
 * and then for what other processes have queued.
 */
export function startDispatcher(options: DispatcherOptions): Dispatcher {
  const { concurrency, pollMs, take, run, onError } = options;
  const running = new Set<Promise<void>>();
  const delayed = new Set<ReturnType<typeof setTimeout>>();
  let poll: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  let lastLook: Promise<void> = Promise.resolve();
  let again = false;
  let stopped = false;

  const start = (id: string) => {
    const started = run(id).finally(() => {
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
          const ids = await take(concurrency - running.size);
          // What was taken is started even if told to stop meanwhile: `run`
          // gives it back.
          ids.forEach(start);
          if (ids.length === 0) break;
        }
      } catch (error) {
        onError(error);
      }
    } while (again && !stopped);
    looking = false;
    if (!stopped) poll = setTimeout(nudge, pollMs);
  };
  function nudge() {
    if (stopped) return;
    if (looking) again = true;
    else lastLook = look();
  }

  nudge();
  return {
    nudge,
    nudgeIn(ms) {
      if (stopped) return;
      const timer = setTimeout(() => {
        delayed.delete(timer);
        nudge();
      }, ms);
      delayed.add(timer);
    },
    async stop() {
      stopped = true;
      clearTimeout(poll);
      for (const timer of delayed) clearTimeout(timer);
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
  };
}
