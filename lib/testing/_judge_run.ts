import type { BlockReport } from "@loophound/toolkit/monitor";
import type { TestRun } from "./_run.ts";
import type { LoopViolation } from "./types.ts";

/** What a test may do to the loop. */
export interface Limits {
  budgetMs: number;
  /** How many calls of an API. */
  syncCalls: Readonly<Record<string, number>>;
}

/** What a test did to the loop, as a baseline records it. */
export interface Badness {
  longestMs: number;
  syncCalls: Record<string, number>;
}

/** Milliseconds of a block in which the thread had a core. */
function heldMs(report: BlockReport): number {
  return report.longest_ms - report.preempted_ms;
}

/**
 * Whether the top-level code of a module ran: the profile shows it as a function
 * like any other, at the bottom of the stack.
 */
function isModuleLoad({ cause, stack }: BlockReport): boolean {
  return cause === "module_load" || stack.at(-1)?.startsWith("(module) ") ===
      true;
}

function countingBlocks({ blocks, rules }: TestRun): BlockReport[] {
  return blocks.map((report) =>
    isModuleLoad(report) ? { ...report, cause: "module_load" as const } : report
  ).filter(({ cause }) =>
    cause === null || !rules.ignoreCauses.includes(cause)
  );
}

/** How bad a run was, whatever it may do. */
export function badnessOf(run: TestRun): Badness {
  const syncCalls: Record<string, number> = {};
  if (run.rules.syncCalls === "fail") {
    for (const { report: { api }, count } of run.calls.values()) {
      syncCalls[api] = (syncCalls[api] ?? run.unexamined.get(api) ?? 0) + count;
    }
  }
  const longestMs = Math.max(
    run.longestMs,
    0,
    ...countingBlocks(run).map(heldMs),
  );
  return { longestMs, syncCalls };
}

/**
 * What a run did to the loop beyond its limits.
 *
 * @returns Blocks first, longest first.
 */
export function violationsOf(run: TestRun, limits: Limits): LoopViolation[] {
  return [...blocksOver(run, limits), ...callsOver(run, limits)];
}

function blocksOver(run: TestRun, { budgetMs }: Limits): LoopViolation[] {
  const found = new Map<string, LoopViolation>();
  for (const report of countingBlocks(run)) {
    const ms = heldMs(report);
    if (ms <= budgetMs) continue;
    const { culprit, stack, cause, advice } = report;
    const key = `${cause} ${culprit?.file}:${culprit?.line}`;
    const known = found.get(key);
    if (known === undefined) {
      found.set(key, {
        kind: "block",
        ms,
        count: 1,
        limit: budgetMs,
        culprit,
        stack,
        cause,
        api: null,
        advice,
      });
    } else {
      known.count++;
      known.ms = Math.max(known.ms ?? 0, ms);
    }
  }
  return [...found.values()].sort((a, b) => (b.ms ?? 0) - (a.ms ?? 0));
}

function callsOver(run: TestRun, limits: Limits): LoopViolation[] {
  const { syncCalls: made } = badnessOf(run);
  const violations: LoopViolation[] = [];
  for (const { report, count, longestMs } of run.calls.values()) {
    const limit = limits.syncCalls[report.api] ?? 0;
    if ((made[report.api] ?? 0) <= limit) continue;
    const { api, culprit, stack, advice } = report;
    violations.push({
      kind: "sync_call",
      ms: longestMs,
      count,
      limit,
      culprit,
      stack,
      cause: null,
      api,
      advice,
    });
  }
  return violations;
}
