import type { LoopTestOptions } from "./types.ts";

/** The function of a test. */
export type TestFunction = (...args: never[]) => unknown;

const OWN = [
  "budgetMs",
  "syncCalls",
  "allow",
  "ignoreCauses",
  "baseline",
] as const satisfies readonly (keyof LoopTestOptions)[];

function isOptions(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** Takes the options of a watched test out of the arguments of `Deno.test`. */
export function stripOptions(
  args: readonly unknown[],
): { rest: unknown[]; own: LoopTestOptions } {
  const own: Record<string, unknown> = {};
  const rest = args.map((arg) => {
    if (!isOptions(arg)) return arg;
    const others = { ...arg };
    for (const key of OWN) {
      if (others[key] !== undefined) own[key] = others[key];
      delete others[key];
    }
    return others;
  });
  return { rest, own };
}

/**
 * Replaces the function among the arguments of `Deno.test`, in whichever form
 * they are.
 *
 * @returns Null where there is none.
 */
export function rewriteTest(
  args: readonly unknown[],
  replace: (fn: TestFunction, name: string) => TestFunction,
): { args: unknown[]; name: string } | null {
  let name = typeof args[0] === "string" ? args[0] : "";
  let fn: TestFunction | null = null;
  for (const arg of args) {
    if (typeof arg === "function") fn = arg as TestFunction;
    else if (isOptions(arg)) {
      if (typeof arg.name === "string") name ||= arg.name;
      if (typeof arg.fn === "function") fn ??= arg.fn as TestFunction;
    }
  }
  if (fn === null) return null;
  const original = fn;
  name ||= original.name;
  const replaced = replace(original, name);
  // `Deno.test(function named() {})` takes the name from it.
  Object.defineProperty(replaced, "name", { value: original.name });
  return {
    name,
    args: args.map((arg) => {
      if (arg === original) return replaced;
      return isOptions(arg) && arg.fn === original
        ? { ...arg, fn: replaced }
        : arg;
    }),
  };
}
