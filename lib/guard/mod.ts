/**
 * Catches synchronous calls that hold the loop, at run time: who made them, in
 * which route, and how long they took.
 *
 * ```ts
 * import { installGuard } from "@loophound/toolkit/guard";
 *
 * using guard = installGuard({ graceMs: 0, log: null });
 * const { statSync } = Deno;
 * statSync("deno.json");
 * const [call] = guard.calls();
 * console.log(call?.message, call?.culprit?.line, call?.advice);
 * ```
 *
 * To reach `import { readFileSync } from "node:fs"` as well, put it in before
 * the program is loaded: `deno run --preload ./guard.ts main.ts`, with a
 * `guard.ts` that calls `installGuard()`, or this part's own `preload.ts`.
 *
 * Which calls: the list of `@loophound/toolkit/blocking_apis`. What it cannot
 * catch, and why: `docs/guard.md`.
 *
 * @module
 */
export type * from "./types.ts";
export { allow, disallow } from "./allow.ts";
export { SyncCallError } from "./errors.ts";
export { formatSyncCall } from "./format.ts";
export { guardImports } from "./import_map.ts";
export { activeGuard, installGuard } from "./install_guard.ts";
