/** Signals that ask a process to stop, and what a shell shows after each. */
const stopSignals = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof stopSignals;

/** Options of {@linkcode watchForStop}. */
export interface StopWatchOptions {
  /**
   * Whoever has not stopped so many milliseconds after the first signal is
   * stopped by force.
   */
  limitMs: number;
  /** Called at the limit, before the end; may say what was still running. */
  onLimit: () => void;
  /** @default {Deno.exit} */
  exit?: (code: number) => void;
  /** @default {Deno.addSignalListener} */
  listen?: typeof Deno.addSignalListener;
}

/** Waits for the signal to stop. */
export interface StopWatch extends Disposable {
  /** Aborted at the first signal. */
  readonly signal: AbortSignal;
  /** Resolves at the first signal. */
  readonly asked: Promise<StopSignal>;
  /** What this host cannot do, in plain words. */
  readonly missing: readonly string[];
  /** Milliseconds that come before the limit: set before the signal. */
  delayMs: number;
  /**
   * All is closed: the limit ends only a process that something else keeps
   * alive.
   */
  done(): void;
}

/**
 * Watches for SIGINT and SIGTERM from here on. The first one starts the limit;
 * the second ends the process at once, with the status that a shell knows
 * (130, 143).
 *
 * On a host without signals the process ends when the host ends it.
 */
export function watchForStop(options: StopWatchOptions): StopWatch {
  const {
    limitMs,
    onLimit,
    exit = Deno.exit,
    listen = Deno.addSignalListener,
  } = options;
  const controller = new AbortController();
  const asked = Promise.withResolvers<StopSignal>();
  const missing: string[] = [];
  let limit: ReturnType<typeof setTimeout> | undefined;
  let done = false;

  const listeners = (Object.keys(stopSignals) as StopSignal[]).map((name) => {
    const listener = () => {
      if (controller.signal.aborted) return exit(stopSignals[name]);
      limit = setTimeout(() => {
        if (!done) onLimit();
        exit(done ? 0 : 1);
      }, limitMs + watch.delayMs);
      controller.abort(new DOMException(`Stopped by ${name}`, "AbortError"));
      asked.resolve(name);
    };
    try {
      listen(name, listener);
    } catch (error) {
      missing.push(
        `Cannot be told to stop by ${name}: what runs then is taken up by the next start (${
          error instanceof Error ? error.message : error
        })`,
      );
    }
    return { name, listener };
  });

  const watch: StopWatch = {
    signal: controller.signal,
    asked: asked.promise,
    missing,
    delayMs: 0,
    done() {
      done = true;
      if (limit !== undefined) Deno.unrefTimer(limit as unknown as number);
    },
    [Symbol.dispose]() {
      clearTimeout(limit);
      for (const { name, listener } of listeners) {
        try {
          Deno.removeSignalListener(name, listener);
        } catch {
          // It could not be added either.
        }
      }
    },
  };
  return watch;
}
