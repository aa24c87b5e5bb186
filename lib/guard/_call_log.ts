import type { StackFrame } from "@loophound/toolkit/stack";
import type { SyncCallCount, SyncCallReport } from "./types.ts";

/** Beyond so many culprits the oldest is forgotten and counted anew. */
const CULPRITS = 1000;

/** Who called what. */
export interface Who {
  api: string;
  route: string | null;
  culprit: StackFrame | null;
  examined: boolean;
}

interface Row extends SyncCallCount {
  loggedAt: number;
  unlogged: number;
}

/** Options of {@linkcode CallLog}. */
export interface CallLogOptions {
  ring: number;
  reportEveryMs: number;
}

/** Counts calls by culprit, keeps the newest reports, and says which to log. */
export class CallLog {
  readonly #options: CallLogOptions;
  readonly #rows = new Map<string, Row>();
  /** Oldest first. */
  #kept: { row: Row; report: SyncCallReport }[] = [];

  constructor(options: CallLogOptions) {
    this.#options = options;
  }

  /** Counts a call, and answers how often it has been counted. */
  count(who: Who, durationMs: number | null): number {
    const row = this.#row(who);
    row.count++;
    row.total_ms += durationMs ?? 0;
    row.longest_ms = Math.max(row.longest_ms, durationMs ?? 0);
    return row.count;
  }

  /** Keeps a report. When full, the oldest of the most frequent goes. */
  keep(who: Who, report: SyncCallReport): void {
    if (this.#options.ring <= 0) return;
    if (this.#kept.length >= this.#options.ring) {
      const held = new Map<Row, number>();
      let most: Row | undefined;
      for (const { row } of this.#kept) {
        const times = (held.get(row) ?? 0) + 1;
        held.set(row, times);
        if (most === undefined || times > held.get(most)!) most = row;
      }
      this.#kept.splice(this.#kept.findIndex(({ row }) => row === most), 1);
    }
    this.#kept.push({ row: this.#row(who), report });
  }

  /**
   * Whether the culprit's turn to be logged has come.
   *
   * @param now Milliseconds of a clock that never goes back.
   * @returns Calls left out since the last time; null: leave this one out too.
   */
  turn(who: Who, now: number): number | null {
    const row = this.#row(who);
    if (now - row.loggedAt < this.#options.reportEveryMs) {
      row.unlogged++;
      return null;
    }
    const { unlogged } = row;
    row.loggedAt = now;
    row.unlogged = 0;
    return unlogged;
  }

  /** Newest first. */
  newest(limit = Infinity): SyncCallReport[] {
    const all = this.#kept.map(({ report }) => report).reverse();
    return limit < all.length ? all.slice(0, Math.max(0, limit)) : all;
  }

  /** Longest total first. */
  counts(): SyncCallCount[] {
    return [...this.#rows.values()]
      .map(({ loggedAt: _at, unlogged: _unlogged, ...count }) => count)
      .sort((a, b) => b.total_ms - a.total_ms);
  }

  #row(who: Who): Row {
    const { culprit } = who;
    const key = JSON.stringify([
      who.api,
      who.route,
      who.examined,
      culprit?.file,
      culprit?.line,
      culprit?.column,
    ]);
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (this.#rows.size >= CULPRITS) {
      const oldest = this.#rows.keys().next().value;
      if (oldest !== undefined) this.#rows.delete(oldest);
    }
    const row: Row = {
      ...who,
      count: 0,
      total_ms: 0,
      longest_ms: 0,
      loggedAt: -Infinity,
      unlogged: 0,
    };
    this.#rows.set(key, row);
    return row;
  }
}
