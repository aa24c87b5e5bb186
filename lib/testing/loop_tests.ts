import { callFromUser } from "./_call_from.ts";
import { fileWatch } from "./_file_watch.ts";
import { activeLayers, realTest } from "./sanitize_loop.ts";
import type { LoopTestOptions } from "./types.ts";

/** The function of a test. */
export type LoopTestFunction = (
  t: Deno.TestContext,
) => void | Promise<void>;

/** A test with all that belongs to it. */
export interface LoopTestDefinition
  extends Deno.TestDefinition, LoopTestOptions {}

/** The forms of {@linkcode loopTest}: those of `Deno.test`. */
export interface LoopTestForms {
  (name: string, fn: LoopTestFunction): void;
  (
    name: string,
    options: Omit<LoopTestDefinition, "fn" | "name">,
    fn: LoopTestFunction,
  ): void;
  (options: LoopTestDefinition): void;
  (
    options: Omit<LoopTestDefinition, "fn" | "name">,
    fn: LoopTestFunction,
  ): void;
  (options: Omit<LoopTestDefinition, "fn">, fn: LoopTestFunction): void;
  (fn: LoopTestFunction): void;
}

/** Type of {@linkcode loopTest}. */
export interface LoopTest extends LoopTestForms {
  /** Registers a test that is not run. */
  ignore: LoopTestForms;
  /** Registers a test, and leaves out all that are registered otherwise. */
  only: LoopTestForms;
}

/**
 * Registers a test, as `Deno.test` does, that fails with a `LoopBlockedError`
 * when the loop was held longer than its budget, or when a synchronous call of
 * the list was made: with the function and the line, the stack and the time.
 *
 * What happens is noted outside of the test's own flow of control. That an
 * error or a promise was swallowed hides nothing, and what is pending when the
 * test ends gets another turn of the loop before it is judged. What a test does
 * still later fails its file, not the test that is running then. An error of
 * the test's own stays the one that is told first.
 *
 * Named imports of `node:*` modules are bound before a test file runs. To have
 * these calls caught, too, run with `--preload`: see `docs/testing.md`. What
 * they do to the loop is seen in any case.
 *
 * @throws {RangeError} The budget is not above 0.
 *
 * @example
 * ```ts ignore
 * import { loopTest } from "@loophound/toolkit/testing";
 *
 * loopTest("imports the list in small steps", { budgetMs: 20 }, async () => {
 *   await importList("list.csv");
 * });
 * ```
 */
export const loopTest: LoopTest = Object.assign(
  define((test) => test),
  {
    ignore: define((test) => test.ignore),
    only: define((test) => test.only),
  },
);

function define(
  choose: (test: typeof Deno.test) => unknown,
): LoopTestForms {
  return (...args: unknown[]) => {
    const real = realTest();
    const register = choose(real) as (...args: unknown[]) => void;
    callFromUser(
      register,
      fileWatch().watch(args, { layers: activeLayers(), hooks: real }),
    );
  };
}
