import type { StarvationReport } from "./types.ts";
import { seconds } from "./_words.ts";

/** How busy something is. */
export interface Load {
  readonly name: string;
  readonly concurrent: number;
  readonly queueDepth: number;
  /** How many could run; null: not known. */
  readonly capacity: number | null;
}

/** So few at work are hardly any. */
const hardlyAny = 2;

/**
 * Notices work that is queued while hardly any is under way: workers that died
 * or hang one after the other, with nothing to show it but the time it takes.
 */
export class Starvation {
  readonly #starvedMs: number;
  readonly #since = new Map<string, { at: number; reportAfter: number }>();
  /** The most that ran at once, where the capacity is not known. */
  readonly #peaks = new Map<string, number>();

  constructor(starvedMs: number) {
    this.#starvedMs = starvedMs;
  }

  look(now: number, loads: Iterable<Load>): StarvationReport[] {
    const reports: StarvationReport[] = [];
    const gone = new Set(this.#since.keys());
    for (const load of loads) {
      gone.delete(load.name);
      const report = this.#lookAt(load, now);
      if (report !== undefined) reports.push(report);
    }
    for (const name of gone) this.#since.delete(name);
    return reports;
  }

  #lookAt(load: Load, now: number): StarvationReport | undefined {
    const { name, concurrent, queueDepth } = load;
    const capacity = load.capacity ?? this.#peak(load);
    if (queueDepth === 0 || concurrent > Math.min(hardlyAny, capacity - 1)) {
      this.#since.delete(name);
      return undefined;
    }
    const starved = this.#since.get(name);
    if (starved === undefined) {
      this.#since.set(name, { at: now, reportAfter: this.#starvedMs });
      return undefined;
    }
    const forMs = now - starved.at;
    if (forMs < starved.reportAfter) return undefined;
    while (starved.reportAfter <= forMs) starved.reportAfter *= 2;
    const run = load.capacity === null
      ? `${concurrent} run, where ${capacity} did,`
      : `${concurrent} of ${capacity} run`;
    return {
      message: `${name}: ${queueDepth} wait and ${run} for ${seconds(forMs)}`,
      limit: name,
      queue_depth: queueDepth,
      concurrent,
      capacity: load.capacity,
      for_ms: Math.round(forMs),
    };
  }

  #peak({ name, concurrent }: Load): number {
    const peak = Math.max(concurrent, this.#peaks.get(name) ?? 0);
    this.#peaks.set(name, peak);
    return peak;
  }
}
