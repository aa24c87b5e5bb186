/**
 * Tests that fail when they hold the loop, and an assertion that work overlaps.
 *
 * ```ts ignore
 * import { loopTest } from "@loophound/toolkit/testing";
 *
 * loopTest("imports the list", { budgetMs: 20 }, async () => {
 *   await importList("list.csv");
 * });
 * ```
 *
 * ```ts
 * import { assertConcurrent } from "@loophound/toolkit/testing";
 *
 * const { peak } = await assertConcurrent(
 *   ({ tasks, call }) => Promise.all(tasks.map((id) => call(id))),
 * );
 * console.log(peak); // 100
 * ```
 *
 * For a whole file or a whole run: `sanitizeLoop`. More in `docs/testing.md`.
 *
 * @module
 */
export type * from "./types.ts";
export {
  ConcurrencyError,
  LoopBaselineError,
  LoopBlockedError,
} from "./errors.ts";
export {
  type LoopTest,
  loopTest,
  type LoopTestDefinition,
  type LoopTestForms,
  type LoopTestFunction,
} from "./loop_tests.ts";
export {
  assertConcurrent,
  type ConcurrencyOptions,
  type ConcurrencyReport,
  type CountingDouble,
} from "./assert_concurrent.ts";
export { sanitizeLoop } from "./sanitize_loop.ts";
