import type { Badness, Limits } from "./_judge_run.ts";
import type { Rules } from "./_run.ts";

/** How bad one test may be. */
export interface BaselineEntry {
  /** In place of its budget, milliseconds. */
  budgetMs?: number;
  /** How many calls of an API. */
  syncCalls?: Record<string, number>;
}

/** By `<file> > <test name>`. */
export type Baseline = Record<string, BaselineEntry>;

/** Times differ from run to run and from machine to machine. */
const HEADROOM = 1.5;
const ROUND_TO_MS = 10;
/** Better is what needs less than this share of what is recorded. */
const BETTER = 1 / 3;

/** The budget that is recorded for a test that held the loop for so long. */
function recordedMs(longestMs: number): number {
  return Math.ceil(longestMs * HEADROOM / ROUND_TO_MS) * ROUND_TO_MS;
}

/** What a test may do, its entry considered. */
export function limitsOf(
  entry: BaselineEntry | undefined,
  { budgetMs }: Pick<Rules, "budgetMs">,
): Limits {
  return {
    budgetMs: Math.max(budgetMs, entry?.budgetMs ?? 0),
    syncCalls: entry?.syncCalls ?? {},
  };
}

/** The entry that a test without one needs; null: none. */
export function entryFor(
  { longestMs, syncCalls }: Badness,
  { budgetMs }: Pick<Rules, "budgetMs">,
): BaselineEntry | null {
  return compact({
    ...(longestMs > budgetMs ? { budgetMs: recordedMs(longestMs) } : {}),
    syncCalls,
  });
}

/**
 * The entry that a test with one still needs.
 *
 * @returns The same or a lower one; null: none any more.
 */
export function shrink(
  entry: BaselineEntry,
  { longestMs, syncCalls }: Badness,
  { budgetMs }: Pick<Rules, "budgetMs">,
): BaselineEntry | null {
  let needed = entry.budgetMs;
  if (needed !== undefined && longestMs < needed * BETTER) {
    needed = longestMs > budgetMs
      ? Math.min(needed, recordedMs(longestMs))
      : undefined;
  }
  // The test's own budget has been raised.
  if (needed !== undefined && needed <= budgetMs) needed = undefined;
  const lower: BaselineEntry = { syncCalls };
  if (needed !== undefined) lower.budgetMs = needed;
  return lowest(entry, lower);
}

/** Field by field the lower of two entries; what one of them lacks is gone. */
export function lowest(
  a: BaselineEntry,
  b: BaselineEntry,
): BaselineEntry | null {
  const syncCalls: Record<string, number> = {};
  for (const [api, count] of Object.entries(a.syncCalls ?? {})) {
    const other = Object.hasOwn(b.syncCalls ?? {}, api)
      ? b.syncCalls![api]!
      : 0;
    syncCalls[api] = Math.min(count, other);
  }
  return compact({
    ...(a.budgetMs === undefined || b.budgetMs === undefined
      ? {}
      : { budgetMs: Math.min(a.budgetMs, b.budgetMs) }),
    syncCalls,
  });
}

/** Whether two entries say the same. */
export function same(a: BaselineEntry | null, b: BaselineEntry | null) {
  return JSON.stringify(a && compact(a)) === JSON.stringify(b && compact(b));
}

/** Without what says nothing, in one order; null when nothing is left. */
function compact(entry: BaselineEntry): BaselineEntry | null {
  const calls = Object.entries(entry.syncCalls ?? {})
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => a < b ? -1 : 1);
  const result: BaselineEntry = {};
  if (entry.budgetMs !== undefined) result.budgetMs = entry.budgetMs;
  if (calls.length > 0) result.syncCalls = Object.fromEntries(calls);
  return Object.keys(result).length === 0 ? null : result;
}

/** Changes of a baseline: the entry to lower to, or null to remove it. */
export type BaselineChanges = ReadonlyMap<string, BaselineEntry | null>;

/**
 * Applies changes that were made out to what a baseline says by now, which may
 * be lower: what was there is never raised, and nothing is added but `added`.
 */
export function applyChanges(
  baseline: Baseline,
  lowered: BaselineChanges,
  added: ReadonlyMap<string, BaselineEntry> = new Map(),
): Baseline {
  const entries = new Map(Object.entries(baseline));
  for (const [key, entry] of lowered) {
    const now = entries.get(key);
    if (now === undefined) continue;
    const rest = entry === null ? null : lowest(now, entry);
    if (rest === null) entries.delete(key);
    else entries.set(key, rest);
  }
  for (const [key, entry] of added) {
    if (!Object.hasOwn(baseline, key)) entries.set(key, entry);
  }
  return Object.fromEntries(
    [...entries].sort(([a], [b]) => a < b ? -1 : 1),
  );
}
