import type { BlockReport } from "./types.ts";

/** Beyond so many culprits the oldest is forgotten and counted anew. */
const CULPRITS = 1000;

interface Culprit {
  route: string | null;
  count: number;
  totalMs: number;
  loggedAt: number;
  unlogged: number;
}

/** What a report is made of before it is counted. */
export type BlockFacts = Omit<BlockReport, "level" | "count">;

/** Options of {@linkcode BlockLog}. */
export interface BlockLogOptions {
  ring: number;
  reportEveryMs: number;
  log: ((report: BlockReport, unlogged: number) => void) | null;
}

/** Counts reports by culprit, keeps the newest, logs each culprit now and then. */
export class BlockLog {
  readonly #options: BlockLogOptions;
  readonly #culprits = new Map<string, Culprit>();
  /** Oldest first. */
  readonly #kept: { key: string; report: BlockReport }[] = [];
  readonly #listeners = new Set<(report: BlockReport) => void>();
  total = 0;
  unlogged = 0;

  constructor(options: BlockLogOptions) {
    this.#options = options;
  }

  /** Takes a report. `key` says who is to blame. */
  add(
    key: string,
    facts: BlockFacts,
    now: number,
    onBlock?: (report: BlockReport) => void,
  ): void {
    if (facts.startup) {
      return this.#keep(key, { ...facts, level: "warning", count: 1 });
    }
    const culprit = this.#culpritOf(key, facts.route);
    culprit.count++;
    culprit.totalMs += facts.longest_ms;
    this.total++;
    const report: BlockReport = {
      ...facts,
      level: "warning",
      count: culprit.count,
    };
    this.#keep(key, report);
    if (onBlock !== undefined) call(onBlock, report);
    for (const listener of this.#listeners) call(listener, report);
    if (now - culprit.loggedAt < this.#options.reportEveryMs) {
      culprit.unlogged++;
      this.unlogged++;
      return;
    }
    const { unlogged } = culprit;
    culprit.loggedAt = now;
    culprit.unlogged = 0;
    const { log } = this.#options;
    if (log !== null) call((it) => log(it, unlogged), report);
  }

  #culpritOf(key: string, route: string | null): Culprit {
    let culprit = this.#culprits.get(key);
    if (culprit === undefined) {
      if (this.#culprits.size >= CULPRITS) {
        const oldest = this.#culprits.keys().next().value;
        if (oldest !== undefined) this.#culprits.delete(oldest);
      }
      culprit = {
        route,
        count: 0,
        totalMs: 0,
        loggedAt: -Infinity,
        unlogged: 0,
      };
      this.#culprits.set(key, culprit);
    }
    return culprit;
  }

  /** When full, the oldest of the most frequent goes: none crowds out the others. */
  #keep(key: string, report: BlockReport): void {
    if (this.#kept.length >= this.#options.ring) {
      const counts = new Map<string, number>();
      let most = "";
      for (const { key } of this.#kept) {
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        if (count > (counts.get(most) ?? 0)) most = key;
      }
      this.#kept.splice(this.#kept.findIndex((it) => it.key === most), 1);
    }
    this.#kept.push({ key, report });
  }

  /** Newest first. */
  newest(limit = Infinity): BlockReport[] {
    const all = this.#kept.map((it) => it.report).reverse();
    return limit < all.length ? all.slice(0, Math.max(0, limit)) : all;
  }

  counts(): { route: string | null; count: number; total_ms: number }[] {
    const byRoute = new Map<
      string | null,
      { route: string | null; count: number; total_ms: number }
    >();
    for (const { route, count, totalMs } of this.#culprits.values()) {
      const sum = byRoute.get(route) ?? { route, count: 0, total_ms: 0 };
      sum.count += count;
      sum.total_ms += totalMs;
      byRoute.set(route, sum);
    }
    return [...byRoute.values()];
  }

  onBlock(listener: (report: BlockReport) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }
}

/** A listener's mistake must not end the ticker or a handler: it is thrown elsewhere. */
export function call<T>(listener: (value: T) => void, value: T): void {
  try {
    listener(value);
  } catch (error) {
    queueMicrotask(() => reportError(error));
  }
}
