import { allow, type Allowance } from "@loophound/toolkit/guard";
import type { BaselineBook } from "./_baseline_book.ts";
import type { Collector } from "./_collector.ts";
import type { Detectors } from "./_detectors.ts";
import { blockedError } from "./_format_violations.ts";
import { violationsOf } from "./_judge_run.ts";
import type { Rules, TestRun } from "./_run.ts";
import { ticked, timerTurn, turn } from "./_turns.ts";

/** What a test is run with. */
export interface Watch {
  collector: Collector;
  detectors: Detectors;
  book: BaselineBook;
}

const IGNORED: Allowance = {
  apis: "*",
  reason: "The test ignores synchronous calls",
};

/**
 * Runs a test, and judges it by what it did to the loop.
 *
 * @throws {LoopBlockedError} It did what it may not. An error of the test's own
 * comes first, with the other as its cause or beside it.
 */
export async function runWatched(
  { collector, detectors, book }: Watch,
  { name, rules }: { name: string; rules: Rules },
  body: () => unknown,
): Promise<void> {
  const { monitor } = detectors;
  // What held the loop before the test (hooks, the loading of its file) must
  // have been seen before it begins, or it would be told of the test.
  await ticked();
  await monitor?.settled();
  const run = collector.open(name, rules);
  let failed: { error: unknown } | null = null;
  try {
    const allowed = () => allowing(rules, body);
    await (monitor === null ? allowed() : monitor.measure(run.label, allowed, {
      onEnd: ({ longest_ms }) => {
        run.longestMs = Math.min(longest_ms, detectors.thresholdMs);
      },
    }));
  } catch (error) {
    failed = { error };
  }
  await drain();
  await monitor?.settled();
  collector.close(run);
  run.unexamined = detectors.unexamined(run.label);
  const error = await verdictOn(run, { detectors, book }, failed === null);
  if (failed !== null) {
    throw error === null ? failed.error : together(failed.error, error);
  }
  if (error !== null) throw error;
}

/** Runs the body with the test's allowances, the first of them asked first. */
function allowing({ syncCalls, allow: list }: Rules, body: () => unknown) {
  const allowances = syncCalls === "ignore" ? [IGNORED] : list;
  return allowances.reduceRight(
    (inner, one) => () => allow(one, inner),
    body,
  )();
}

/** Lets go on what the test has left pending: promises, immediates, due timers. */
async function drain(): Promise<void> {
  await turn();
  await timerTurn();
  await ticked();
}

async function verdictOn(
  run: TestRun,
  { detectors, book }: Pick<Watch, "detectors" | "book">,
  passed: boolean,
): Promise<Error | null> {
  const limits = book.judge(run, passed);
  const violations = violationsOf(run, limits);
  return violations.length === 0
    ? null
    : await blockedError(run.name, violations, {
      noProfile: detectors.monitor?.profile.why ?? null,
    });
}

/** Says what tests did after they had been judged; null: nothing. */
export async function verdictOnLate(
  { collector, book }: Watch,
): Promise<Error | null> {
  const errors: Error[] = [];
  for (const run of collector.takeLate()) {
    const violations = violationsOf(run, book.judge(run, true));
    if (violations.length > 0) {
      errors.push(await blockedError(run.name, violations, { late: true }));
    }
  }
  if (errors.length <= 1) return errors[0] ?? null;
  return new AggregateError(errors, errors.map((it) => it.message).join("; "));
}

/** The test's own error first, and unchanged but for a cause where it has none. */
function together(own: unknown, blocked: Error): unknown {
  if (own instanceof Error && !("cause" in own) && Object.isExtensible(own)) {
    Object.defineProperty(own, "cause", {
      value: blocked,
      configurable: true,
      writable: true,
    });
    return own;
  }
  const message = own instanceof Error ? own.message : String(own);
  const both = new AggregateError([own, blocked], message);
  // The two have stacks; that they were put together here is of no interest.
  both.stack = `${both.name}: ${message}`;
  return both;
}
