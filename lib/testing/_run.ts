import type { BlockReport } from "@loophound/toolkit/monitor";
import { allow, type SyncCallReport } from "@loophound/toolkit/guard";
import type { LoopTestOptions } from "./types.ts";

/** Budget where none is given, milliseconds. */
export const DEFAULT_BUDGET_MS = 50;

/** Options of a test, complete. */
export type Rules = Required<LoopTestOptions>;

/**
 * Puts the options of a test over those of its file and of the run.
 *
 * @param layers Outermost first.
 * @throws {RangeError} The budget is not above 0.
 * @throws {TypeError} `syncCalls` is neither word, or an allowance has no reason.
 */
export function rulesOf(...layers: readonly LoopTestOptions[]): Rules {
  const rules: Rules = {
    budgetMs: DEFAULT_BUDGET_MS,
    syncCalls: "fail",
    allow: [],
    ignoreCauses: ["module_load"],
    baseline: null,
  };
  for (const layer of layers) {
    rules.budgetMs = layer.budgetMs ?? rules.budgetMs;
    rules.syncCalls = layer.syncCalls ?? rules.syncCalls;
    rules.ignoreCauses = layer.ignoreCauses ?? rules.ignoreCauses;
    if (layer.baseline !== undefined) rules.baseline = layer.baseline;
    // The inner ones are asked first.
    rules.allow = [...layer.allow ?? [], ...rules.allow];
  }
  const { budgetMs, syncCalls } = rules;
  if (!(budgetMs > 0)) {
    throw new RangeError(
      `Cannot watch test: budgetMs must be above 0, got ${budgetMs}`,
    );
  }
  if (syncCalls !== "fail" && syncCalls !== "ignore") {
    throw new TypeError(
      `Cannot watch test: syncCalls must be "fail" or "ignore", got "${syncCalls}"`,
    );
  }
  // The guard refuses what is no allowance: now, and not when the test runs.
  for (const one of rules.allow) allow(one, () => {});
  return rules;
}

/** Synchronous calls of one API from one place. */
export interface CallsAt {
  report: SyncCallReport;
  count: number;
  longestMs: number | null;
}

/** One run of one test, and what it did to the loop. */
export interface TestRun {
  /** What monitor and guard call it; no other run's. */
  readonly label: string;
  readonly name: string;
  readonly rules: Rules;
  /** Not reported as blocks, but known: the longest stretch of the test itself. */
  longestMs: number;
  blocks: BlockReport[];
  calls: Map<string, CallsAt>;
  /** Calls by API that were too many to be looked at one by one. */
  unexamined: ReadonlyMap<string, number>;
}
