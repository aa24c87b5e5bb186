const BOUNDS_MS = [
  1,
  2,
  5,
  10,
  20,
  50,
  100,
  200,
  500,
  1000,
  2000,
  5000,
  10_000,
  30_000,
];

/** Execution times of a lane in fixed buckets. */
export class QueryTimes {
  readonly #counts = new Array<number>(BOUNDS_MS.length).fill(0);
  #count = 0;
  #sum = 0;
  #slow = 0;
  #failed = 0;

  record(ms: number, slow: boolean, failed: boolean): void {
    this.#count++;
    this.#sum += ms;
    if (slow) this.#slow++;
    if (failed) this.#failed++;
    for (let i = 0; i < BOUNDS_MS.length; i++) {
      if (ms <= BOUNDS_MS[i]!) {
        this.#counts[i]!++;
        return;
      }
    }
  }

  get() {
    let seen = 0;
    const buckets = BOUNDS_MS.map((le_ms, i) => {
      seen += this.#counts[i]!;
      return { le_ms, count: seen };
    });
    buckets.push({ le_ms: Infinity, count: this.#count });
    return {
      count: this.#count,
      failed: this.#failed,
      slow: this.#slow,
      execution: { buckets, sum_ms: this.#sum, count: this.#count },
    };
  }
}
