/** The time and the timers of a limit; another one in tests. */
export interface Clock {
  /** Milliseconds from a start of its own; never goes back. */
  now(): number;
  /**
   * Runs a function once after so many milliseconds.
   *
   * @returns Disposed, it does not run.
   */
  after(ms: number, run: () => void): Disposable;
  /** Runs a function again and again; does not keep the process alive. */
  every(ms: number, run: () => void): Disposable;
}

/** The longest time that `setTimeout` takes; a longer one would be 1 ms. */
export const longestTimerMs = 2 ** 31 - 1;

/** The host's clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.ceil(ms), longestTimerMs));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
  every(ms, run) {
    const timer: unknown = setInterval(run, ms);
    // Timers of packages are objects as in Node, those of a program numbers.
    if (typeof timer === "number") Deno.unrefTimer(timer);
    else (timer as { unref?: () => void }).unref?.();
    return {
      [Symbol.dispose]: () =>
        clearInterval(timer as ReturnType<typeof setInterval>),
    };
  },
};
