/** What the monitor does to the loop itself. Milliseconds. */
export class OwnTime {
  readonly #overMs: number;
  readonly #delayBetween: (from: number, to: number) => number;
  /** The newest piece. */
  #from = -Infinity;
  #to = -Infinity;
  #isOver = false;
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

  /**
   * Takes a piece of work that held the loop. One that begins before the end
   * of the piece before it is the same stretch: a tick that cuts the profile
   * holds the loop until the profile's chunk has been taken in.
   */
  add(from: number, to: number): void {
    if (from > this.#to) {
      this.#from = this.#to = from;
      this.#isOver = false;
    }
    if (to <= this.#to) return;
    this.totalMs += to - this.#to;
    this.#to = to;
    let ms = to - this.#from;
    if (ms <= this.longestMs && ms <= this.#overMs) return;
    ms -= this.#delayBetween(this.#from, to);
    if (ms > this.longestMs) this.longestMs = ms;
    if (ms <= this.#overMs || this.#isOver) return;
    this.#isOver = true;
    this.over++;
  }

  /** Start-up is over: forgets what was before. */
  reset(): void {
    this.longestMs = this.totalMs = this.over = 0;
  }
}
