/** `Deno.cron`, which only Deno Deploy and `--unstable-cron` have. */
export type Cron = (
  name: string,
  schedule: string,
  options: { signal: AbortSignal },
  handler: () => Promise<void>,
) => Promise<void>;

/** Options of {@linkcode registerTick}. */
export interface TickOptions {
  /** What a tick does; the signal aborts when its time is over. */
  work: (signal: AbortSignal) => Promise<void>;
  /** Ends the ticks. */
  signal: AbortSignal;
  /** Told of ticks that fail. */
  onError: (error: unknown) => void;
  /**
   * How long a tick may take, milliseconds: the next one comes after a minute.
   *
   * @default {50_000}
   */
  limitMs?: number;
  /** @default {Deno.cron} */
  cron?: Cron | undefined;
}

/**
 * Registers a tick a minute, where the host has `Deno.cron`. Deno Deploy stops
 * an app that nobody asks anything, and starts it for a tick: so jobs that
 * wait are run. Deploy looks for ticks when it evaluates the main module, so
 * this must be called there, before the first `await`.
 *
 * @returns Whether ticks will come.
 */
export function registerTick(options: TickOptions): boolean {
  const { work, signal, onError, limitMs = 50_000 } = options;
  const cron = "cron" in options
    ? options.cron
    : (Deno as unknown as { cron?: Cron }).cron;
  if (typeof cron !== "function") return false;
  const tick = async () => {
    const end = new AbortController();
    const timer = setTimeout(() => end.abort(), limitMs);
    try {
      await work(AbortSignal.any([signal, end.signal]));
    } catch (error) {
      if (!signal.aborted) onError(error);
    } finally {
      clearTimeout(timer);
    }
  };
  try {
    cron("loophound-jobs", "* * * * *", { signal }, tick).catch(onError);
  } catch (error) {
    onError(error);
    return false;
  }
  return true;
}
