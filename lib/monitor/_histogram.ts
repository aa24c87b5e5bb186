/** Sixteen buckets an octave from 1/16 ms to 65 s: values are right to 4 %. */
const PER_OCTAVE = 16;
const LOWEST = 0.0625;
const BUCKETS = 20 * PER_OCTAVE + 2;

function bucketOf(value: number): number {
  if (value <= LOWEST) return 0;
  const index = 1 + Math.floor(Math.log2(value / LOWEST) * PER_OCTAVE);
  return index < BUCKETS ? index : BUCKETS - 1;
}

function upperBound(bucket: number): number {
  return LOWEST * 2 ** (bucket / PER_OCTAVE);
}

/** Counts of values in logarithmic buckets: fixed memory, any length of time. */
export class LogHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;
  max = 0;

  get total(): number {
    return this.#total;
  }

  record(value: number): void {
    this.#counts[bucketOf(value)]!++;
    this.#total++;
    if (value > this.max) this.max = value;
  }

  add(other: LogHistogram): void {
    for (let i = 0; i < BUCKETS; i++) this.#counts[i]! += other.#counts[i]!;
    this.#total += other.#total;
    if (other.max > this.max) this.max = other.max;
  }

  clear(): void {
    this.#counts.fill(0);
    this.#total = 0;
    this.max = 0;
  }

  /** The value that the given share (0–1) of all values does not exceed. */
  quantile(share: number): number {
    if (this.#total === 0) return 0;
    const wanted = Math.max(1, Math.ceil(this.#total * share));
    let seen = 0;
    for (let i = 0; i < BUCKETS; i++) {
      seen += this.#counts[i]!;
      if (seen >= wanted) return Math.min(upperBound(i), this.max);
    }
    return this.max;
  }
}

/** Counts of values under fixed bounds, as Prometheus wants them. */
export class BoundedHistogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  sum = 0;
  count = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array(bounds.length).fill(0);
  }

  record(value: number): void {
    this.sum += value;
    this.count++;
    const bounds = this.#bounds;
    for (let i = 0; i < bounds.length; i++) {
      if (value <= bounds[i]!) {
        this.#counts[i]!++;
        return;
      }
    }
  }

  /** Upper bounds with cumulative counts; the last bound is infinity. */
  cumulative(): { le_ms: number; count: number }[] {
    let seen = 0;
    const all = this.#bounds.map((le_ms, i) => {
      seen += this.#counts[i]!;
      return { le_ms, count: seen };
    });
    all.push({ le_ms: Infinity, count: this.count });
    return all;
  }
}
