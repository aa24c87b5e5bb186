import { AsyncLocalStorage } from "node:async_hooks";
import { allowing, forbidding, type Rule } from "./_rules.ts";
import type { Allowance, ApiPattern } from "./types.ts";

interface Scope {
  rule: Rule;
  outer: Scope | undefined;
}

const scopes = new AsyncLocalStorage<Scope>();

/** Rules that hold for the running code, innermost first. */
export function* scopedRules(): Generator<Rule> {
  let scope = scopes.getStore();
  while (scope !== undefined) {
    yield scope.rule;
    scope = scope.outer;
  }
}

/**
 * Runs a function in which synchronous calls are allowed, for every guard. It
 * holds across awaits, and nowhere else. An inner `disallow` or `allow` that
 * fits a call wins over outer ones, and all of them over a guard's own list.
 *
 * Without a guard it only runs the function.
 *
 * @param allowance What is allowed, and why.
 * @param fn Runs at once.
 * @returns What `fn` returned.
 * @throws {TypeError} The allowance has no reason, or its date is none.
 *
 * @example
 * ```ts
 * import { allow } from "@loophound/toolkit/guard";
 *
 * const config = allow(
 *   { apis: "Deno.readTextFileSync", reason: "Read once, 2 KB", maxMs: 5 },
 *   () => JSON.parse(Deno.readTextFileSync("deno.json")),
 * );
 * console.log(typeof config);
 * ```
 */
export function allow<T>(allowance: Allowance, fn: () => T): T {
  return scopes.run(
    { rule: allowing(allowance), outer: scopes.getStore() },
    fn,
  );
}

/**
 * Runs a function in which synchronous calls are not allowed, whatever allows
 * them around it.
 *
 * @param fn Runs at once.
 * @param options What is not allowed.
 * @returns What `fn` returned.
 */
export function disallow<T>(fn: () => T, options: {
  /**
   * Which APIs.
   *
   * @default {"*"}
   */
  apis?: ApiPattern | readonly ApiPattern[];
} = {}): T {
  const { apis = "*" } = options;
  return scopes.run({ rule: forbidding(apis), outer: scopes.getStore() }, fn);
}
