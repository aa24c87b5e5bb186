import type { LoopViolation } from "./types.ts";

/** A test held the loop, or made synchronous calls, more than it may. */
export class LoopBlockedError extends Error {
  override readonly name = "LoopBlockedError";
  /** The test's name. */
  readonly test: string;
  /** Blocks first, longest first. */
  readonly violations: readonly LoopViolation[];

  /**
   * @param message All in one line.
   * @param options `details` take the place of the stack, which would show only
   * where the test was judged: they name the lines that held the loop.
   */
  constructor(message: string, options: {
    test: string;
    violations: readonly LoopViolation[];
    details: string;
  }) {
    super(message);
    this.test = options.test;
    this.violations = options.violations;
    this.stack = `${this.name}: ${message}\n${options.details}`;
  }
}

/** A baseline records more than its tests need. */
export class LoopBaselineError extends Error {
  override readonly name = "LoopBaselineError";
}

/** Work against a counting double did not overlap as it should. */
export class ConcurrencyError extends Error {
  override readonly name = "ConcurrencyError";
}
