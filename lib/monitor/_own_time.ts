/** What the monitor does to the loop itself. Milliseconds. */
export class OwnTime {
  readonly #overMs: number;
  readonly #delayBetween: (from: number, to: number) => number;
  longestMs = 0;
  totalMs = 0;
  over = 0;

  /**
   * @param overMs Pieces longer than this are counted.
   * @param delayBetween For how long the thread had no core: no work of ours.
   */
  constructor(
    overMs: number,
    delayBetween: (from: number, to: number) => number,
  ) {
    this.#overMs = overMs;
    this.#delayBetween = delayBetween;
  }

  /** Takes a piece of work that held the loop. */
  add(from: number, to: number): void {
    let ms = to - from;
    this.totalMs += ms;
    if (ms <= this.longestMs && ms <= this.#overMs) return;
    ms -= this.#delayBetween(from, to);
    if (ms > this.longestMs) this.longestMs = ms;
    if (ms > this.#overMs) this.over++;
  }

  /** Start-up is over: forgets what was before. */
  reset(): void {
    this.longestMs = this.totalMs = this.over = 0;
  }
}
