import type { SaturationReport } from "./types.ts";

/** From this share of busy time on a loop counts as never idle. */
const SATURATED = 0.95;
/** Looked at so often, and told when it was so twice in a row. Milliseconds. */
const SLICE_MS = 5_000;
const REPORT_AFTER_MS = 2 * SLICE_MS;
const REPEAT_MS = 60_000;
const ROUTES = 10;

/** Totals by the end of a slice. Milliseconds. */
export interface LoopTotals {
  /** CPU time of the loop's thread; null where the host does not tell. */
  cpuMs: number | null;
  /** Time for which the thread was ready and had no core. */
  preemptedMs: number;
  /** Time by which ticks came late. */
  lateMs: number;
}

/**
 * Notices a loop that is never idle: thousands of short stretches make every
 * request wait although none of them is a block.
 */
export class Saturation {
  readonly #byRoute = new Map<string, { ownMs: number; calls: number }>();
  #since: number | null = null;
  #sliceFrom: number;
  #before: LoopTotals;
  #reportedAt = -Infinity;

  constructor(now: number, totals: LoopTotals) {
    this.#sliceFrom = now;
    this.#before = totals;
  }

  /** Own time of a call since it was last told. */
  add(route: string, ownMs: number, ended: boolean): void {
    const sum = this.#byRoute.get(route);
    if (sum === undefined) {
      this.#byRoute.set(route, { ownMs, calls: ended ? 1 : 0 });
    } else {
      sum.ownMs += ownMs;
      if (ended) sum.calls++;
    }
  }

  /** Whether a slice has ended: then `close` is to be called. */
  due(now: number): boolean {
    return now - this.#sliceFrom >= SLICE_MS;
  }

  /** Ends a slice. Answers what is to be told, if anything. */
  close(now: number, totals: LoopTotals): SaturationReport | null {
    const elapsed = now - this.#sliceFrom;
    const part = (after: number, before: number) => (after - before) / elapsed;
    const cpu = totals.cpuMs === null || this.#before.cpuMs === null
      ? 0
      : part(totals.cpuMs, this.#before.cpuMs);
    const preempted = part(totals.preemptedMs, this.#before.preemptedMs);
    const late = part(totals.lateMs, this.#before.lateMs);
    // CPU time misses synchronous waiting, lateness misses short work.
    const utilization = Math.min(1, Math.max(cpu + preempted, late));
    const routes = [...this.#byRoute].map(([route, { ownMs, calls }]) => ({
      route,
      own_ms: ownMs,
      share: ownMs / elapsed,
      calls,
    })).sort((a, b) => b.own_ms - a.own_ms).slice(0, ROUTES);
    this.#byRoute.clear();
    const from = this.#sliceFrom;
    this.#sliceFrom = now;
    this.#before = totals;
    if (utilization < SATURATED) {
      this.#since = null;
      this.#reportedAt = -Infinity;
      return null;
    }
    this.#since ??= from;
    const forMs = now - this.#since;
    if (forMs < REPORT_AFTER_MS || now - this.#reportedAt < REPEAT_MS) {
      return null;
    }
    this.#reportedAt = now;
    return {
      message: `Event loop saturated: ${
        Math.round(utilization * 100)
      } % busy for ${Math.round(forMs / 1000)} s`,
      level: "warning",
      time: new Date().toISOString(),
      utilization,
      for_s: forMs / 1000,
      preempted,
      routes,
      advice: preempted > utilization / 2
        ? "The machine has too few cores for what runs on it: give this process more, or run fewer threads"
        : "Every request waits for the others: do less on the loop, move computing to threads, shed load, or run more processes",
    };
  }
}
