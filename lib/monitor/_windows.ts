import { BoundedHistogram, LogHistogram } from "./_histogram.ts";
import type { LagFigures, LoopWindow } from "./types.ts";

const SLICE_MS = 5_000;
const BOUNDS_MS = [
  0.5,
  1,
  2,
  3,
  5,
  10,
  15,
  20,
  50,
  100,
  200,
  500,
  1000,
  2000,
  5000,
];

interface Slice {
  histogram: LogHistogram;
  elapsedMs: number;
  lateMs: number;
  cpuMs: number;
}

const newSlice = (): Slice => ({
  histogram: new LogHistogram(),
  elapsedMs: 0,
  lateMs: 0,
  cpuMs: 0,
});

/** The figures of the ticks: over the sliding window, since the start, and over windows of others. */
export class LagWindows {
  readonly total = new BoundedHistogram(BOUNDS_MS);
  readonly #slices: Slice[];
  readonly #open = new Set<{ histogram: LogHistogram }>();
  #current = newSlice();
  #next = 0;

  constructor(windowMs: number) {
    const count = Math.max(1, Math.round(windowMs / SLICE_MS) - 1);
    this.#slices = Array.from({ length: count }, newSlice);
  }

  /** Takes a tick: milliseconds since the one before, and how late it was. */
  tick(gapMs: number, lateMs: number): void {
    const slice = this.#current;
    slice.histogram.record(lateMs);
    slice.elapsedMs += gapMs;
    slice.lateMs += lateMs;
    this.total.record(lateMs);
    for (const { histogram } of this.#open) histogram.record(lateMs);
    if (slice.elapsedMs >= SLICE_MS) this.#turn();
  }

  addCpu(ms: number): void {
    this.#current.cpuMs += ms;
  }

  #turn(): void {
    const oldest = this.#slices[this.#next]!;
    this.#slices[this.#next] = this.#current;
    this.#next = (this.#next + 1) % this.#slices.length;
    oldest.histogram.clear();
    oldest.elapsedMs = oldest.lateMs = oldest.cpuMs = 0;
    this.#current = oldest;
  }

  /** Over the sliding window. */
  figures(): { lag_ms: LagFigures; utilization: number; window_s: number } {
    const all = newSlice();
    for (const slice of [...this.#slices, this.#current]) {
      all.histogram.add(slice.histogram);
      all.elapsedMs += slice.elapsedMs;
      all.lateMs += slice.lateMs;
      all.cpuMs += slice.cpuMs;
    }
    const { histogram } = all;
    // CPU time misses synchronous waiting, lateness misses short work: what
    // kept the loop busy is at least the greater of the two.
    const busyMs = Math.max(all.cpuMs, all.lateMs);
    return {
      lag_ms: {
        p50: histogram.quantile(0.5),
        p99: histogram.quantile(0.99),
        p999: histogram.quantile(0.999),
        max: histogram.max,
      },
      utilization: all.elapsedMs === 0
        ? 0
        : Math.min(1, busyMs / all.elapsedMs),
      window_s: all.elapsedMs / 1000,
    };
  }

  /** @param blocks Counts blocks since the start. */
  open(blocks: () => number): LoopWindow {
    const window = { histogram: new LogHistogram() };
    const before = blocks();
    let closed: ReturnType<LoopWindow["figures"]> | null = null;
    const figures = () =>
      closed ?? {
        p999_ms: window.histogram.quantile(0.999),
        max_ms: window.histogram.max,
        blocks: blocks() - before,
      };
    this.#open.add(window);
    return {
      figures,
      close: () => {
        closed = figures();
        this.#open.delete(window);
        return closed;
      },
    };
  }
}
