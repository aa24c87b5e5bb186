import type { Allowance } from "@loophound/toolkit/guard";
import type { BlockCause } from "@loophound/toolkit/monitor";
import type { StackFrame } from "@loophound/toolkit/stack";

/** What a watched test may do to the loop. */
export interface LoopTestOptions {
  /**
   * How long a stretch of the test may hold the loop, in milliseconds for which
   * the thread had a core.
   *
   * The default is ten times what a handler in production may do: in a test
   * everything runs for the first time, not yet compiled, and many test files
   * run beside each other.
   *
   * @default {50}
   */
  budgetMs?: number;
  /**
   * Whether a synchronous call of the list (`@loophound/toolkit/blocking_apis`)
   * fails the test, however short it was.
   *
   * @default {"fail"}
   */
  syncCalls?: "fail" | "ignore";
  /**
   * Synchronous calls that are allowed, each with its reason.
   *
   * @default {[]}
   */
  allow?: readonly Allowance[];
  /**
   * Blocks of these causes do not count. Modules that a test is the first to
   * load would be loaded at start-up by the program.
   *
   * @default {["module_load"]}
   */
  ignoreCauses?: readonly BlockCause[];
  /**
   * JSON file that says of old tests how bad they may be: see `docs/testing.md`.
   * A relative path is one from the working directory.
   *
   * @default {null}
   */
  baseline?: string | URL | null;
}

/** What is done with a baseline, see {@linkcode SanitizeLoopOptions}. */
export type BaselineMode = "check" | "update" | "init";

/** Options of {@linkcode sanitizeLoop}. */
export interface SanitizeLoopOptions extends LoopTestOptions {
  /**
   * `check`: tests may be as bad as recorded, and no worse; where one has
   * become better, the run fails until the file says so. `update`: lowers and
   * removes what is recorded, and never adds or raises. `init`: records what is
   * not recorded yet, too.
   *
   * @default what `--loop-baseline=…` behind `deno test … --` says, else "check"
   */
  baselineMode?: BaselineMode;
}

/** One thing that a test did to the loop and may not. Times in milliseconds. */
export interface LoopViolation {
  kind: "block" | "sync_call";
  /**
   * For how long it held the loop while the thread had a core, the longest time.
   * Null for a call that was not let through.
   */
  ms: number | null;
  /** How often. */
  count: number;
  /** What it may do: `budgetMs`, and for calls how many of this API. */
  limit: number;
  /** Null where nobody knows: a host without profiles. */
  culprit: StackFrame | null;
  /** `function (file:line:column)`, innermost first. */
  stack: readonly string[];
  /** Of a block. */
  cause: BlockCause | null;
  /** Of a synchronous call: `Deno.readTextFileSync`. */
  api: string | null;
  advice: string;
}
