import type { LoopMonitor, LoopWindow } from "@loophound/toolkit/monitor";

/** Looked at in so many slices. */
const SLICES = 4;

/** What {@linkcode RecentLag} needs of a monitor. */
export type LagSource = Pick<LoopMonitor, "openWindow" | "lagBetween">;

/**
 * How late the loop has been lately: the longest lag of each quarter of the
 * last `windowMs` milliseconds, and of these four the second. One pause, for
 * garbage collection say, is no overload; a loop that comes late again and
 * again is, and so is one stall that fills more than a quarter.
 *
 * Holds no timer: it looks when it is asked.
 */
export class RecentLag {
  readonly #source: LagSource;
  readonly #windowMs: number;
  readonly #past = new Array<number>(SLICES - 1).fill(0);
  #window: LoopWindow | null = null;
  #since = 0;

  constructor(source: LagSource, windowMs: number) {
    this.#source = source;
    this.#windowMs = windowMs;
  }

  /** @param now By `performance.now()`. @returns Milliseconds. */
  at(now: number): number {
    const sliceMs = this.#windowMs / SLICES;
    const age = now - this.#since;
    let longest = this.#window?.figures().max_ms ?? 0;
    if (this.#window === null || age >= sliceMs) {
      // A slice that was left open takes the place of those that it covers.
      const covers = Math.min(SLICES - 1, Math.floor(age / sliceMs));
      this.#past.unshift(...new Array<number>(covers).fill(longest));
      this.#past.length = SLICES - 1;
      this.#window?.close();
      this.#window = this.#source.openWindow();
      this.#since = now;
      longest = 0;
    }
    const [, second = 0] = [longest, ...this.#past].sort((a, b) => b - a);
    // What a slice saw may be long ago when nobody has asked meanwhile.
    const late = this.#source.lagBetween(now - this.#windowMs, now);
    return Math.min(second, late);
  }
}
