/**
 * Walks the running Deno and finds what says of itself that it is
 * synchronous: every property whose name ends in `Sync`, and every method of
 * a class whose name does (`DatabaseSync` has methods without the suffix).
 *
 * @module
 */
import { builtinModules } from "node:module";
import type { FoundApi } from "./_found_api.ts";

/** Enough for `FsFile.prototype.readSync` and `process.report.writeReport`. */
const MAX_DEPTH = 4;

/** A module or namespace to walk. */
export interface ApiRoot {
  module: FoundApi["module"];
  value: object;
}

type Visit = (name: string, owner: object, key: string) => void;

function isWalkable(value: unknown): value is object {
  return (typeof value === "object" && value !== null) ||
    typeof value === "function";
}

/**
 * The value of a property. Getters are called on namespaces only: on a
 * prototype they throw, or answer promises that reject.
 */
export function readValue(
  owner: object,
  key: string,
  isPrototype: boolean,
): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(owner, key);
  if (descriptor === undefined) return undefined;
  if ("value" in descriptor) return descriptor.value;
  if (isPrototype) return undefined;
  try {
    const value: unknown = Reflect.get(owner, key);
    if (value instanceof Promise) value.catch(() => {});
    return value;
  } catch {
    return undefined;
  }
}

/** The names of an object, and of what it inherits, up to the language's. */
function namesOf(value: object): Map<string, object> {
  const names = new Map<string, object>();
  for (
    let at: object | null = value;
    at !== null && at !== Object.prototype && at !== Function.prototype;
    at = Object.getPrototypeOf(at)
  ) {
    for (const name of Object.getOwnPropertyNames(at)) {
      if (!names.has(name)) names.set(name, at);
    }
  }
  return names;
}

class Walker {
  readonly #seen: Set<unknown>;
  readonly #visit: Visit;

  constructor(seen: Set<unknown>, visit: Visit) {
    this.#seen = seen;
    this.#visit = visit;
  }

  walk(value: object, path: readonly string[]): void {
    if (this.#seen.has(value) || path.length > MAX_DEPTH) return;
    this.#seen.add(value);
    const isPrototype = path.at(-1) === "prototype";
    for (const [name, owner] of namesOf(value)) {
      if (name === "constructor" || name === "default") continue;
      const here = [...path, name];
      this.#visit(here.join("."), owner, name);
      const inner = readValue(owner, name, isPrototype);
      if (isWalkable(inner)) this.walk(inner, here);
    }
  }
}

/** `DatabaseSync`, `DatabaseSync.prototype.exec`, `readFileSync`. */
function isSync(name: string): boolean {
  const parts = name.split(".");
  const last = parts.at(-1)!;
  if (/[a-z0-9]Sync(?![a-z])/.test(last)) return true;
  return parts.length === 3 && parts[1] === "prototype" &&
    /^[A-Z]\w*Sync$/.test(parts[0]!);
}

/**
 * The modules and namespaces of the running Deno, in the order in which they
 * own what they share: `Deno`, then `node:*`, then the globals.
 */
export async function apiRoots(): Promise<ApiRoot[]> {
  const roots: ApiRoot[] = [{ module: "Deno", value: Deno }];
  for (const name of [...builtinModules].sort()) {
    // Modules with an underscore are Node's own; it warns when they are read.
    if (name.startsWith("_") || name === "sys") continue;
    const module = `node:${name.replace(/^node:/, "")}` as const;
    try {
      roots.push({ module, value: await import(module) });
    } catch {
      // Listed by Deno and not there: `node:test/reporters` on 2.9.6.
    }
  }
  roots.push({ module: "global", value: globalThis });
  return roots;
}

/**
 * All names under the roots, each thing once, under the first root that
 * reaches it.
 *
 * @param keep Which names to answer. Default: those that are synchronous by
 * name.
 */
export function findApis(
  roots: readonly ApiRoot[],
  keep: (name: string) => boolean = isSync,
): FoundApi[] {
  const found = new Map<object, Map<string, FoundApi>>();
  const values: unknown[] = roots.map(({ value }) => value);
  for (const { module, value } of roots) {
    // Other roots are not walked from this one.
    const seen = new Set(values.filter((other) => other !== value));
    const walker = new Walker(seen, (name, owner, key) => {
      if (!keep(name)) return;
      const ofOwner = found.get(owner) ?? new Map<string, FoundApi>();
      found.set(owner, ofOwner);
      const before = ofOwner.get(key);
      // `Permissions.prototype.querySync` rather than `permissions.querySync`.
      if (
        before === undefined ||
        (before.module === module && !before.name.includes(".prototype.") &&
          name.includes(".prototype."))
      ) ofOwner.set(key, { module, name });
    });
    walker.walk(value, []);
  }
  return [...found.values()].flatMap((ofOwner) => [...ofOwner.values()]);
}
