import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import process from "node:process";

/** Where an API is found: `holder[key]` is the function or class. */
export interface Place {
  holder: object;
  key: string;
  original: Callable;
}

/** Begins the reason why a host's lack of an API keeps it from being caught. */
export const ABSENT = "this host has no";

/** Anything that can be called or constructed. */
// deno-lint-ignore no-explicit-any -- the list's functions take anything
export type Callable = (...args: any[]) => unknown;

/** The object that a builtin module is for `require` and default imports. */
export function builtinModule(name: string): Record<string, unknown> | null {
  // Hosts answer undefined for what they lack, or throw.
  try {
    const found: unknown = process.getBuiltinModule?.(name);
    return isObject(found) ? found as Record<string, unknown> : null;
  } catch {
    return null;
  }
}

/**
 * Finds an API in the running program.
 *
 * @param api An entry of the list.
 * @returns Its place, or the reason why there is none.
 */
export function findPlace(api: BlockingApi): Place | string {
  let holder = rootOf(api.module);
  if (holder === null) return `${ABSENT} ${api.module}`;
  const path = api.name.split(".");
  const key = path.pop()!;
  for (const step of path) {
    const next: unknown = read(holder, step);
    if (!isObject(next)) return `${ABSENT} ${api.id}`;
    holder = next;
  }
  const original = read(holder, key);
  if (typeof original !== "function") return `${ABSENT} ${api.id}`;
  return { holder, key, original: original as Callable };
}

function rootOf(module: BlockingApi["module"]): object | null {
  if (module === "global") return globalThis;
  if (module === "Deno") return Reflect.get(globalThis, "Deno") ?? null;
  return module.startsWith("node:") ? builtinModule(module) : null;
}

/** Getters may throw where a permission or a feature is missing. */
function read(holder: object, key: string): unknown {
  try {
    return Reflect.get(holder, key);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === "function" ||
    typeof value === "object" && value !== null;
}
