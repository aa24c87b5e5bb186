import { blockingApis } from "./_apis.gen.ts";
import type { BlockingApi } from "./types.ts";

/** The list by id: `node:fs.readFileSync`, `Deno.openSync`, `JSON.parse`. */
export const blockingApisById: ReadonlyMap<string, BlockingApi> = new Map(
  blockingApis.map((api) => [api.id, api]),
);

/** Paths that are another one: all that starts so is looked for there. */
const ALIASES: readonly [module: string, path: string, Place][] = [
  ["global", "globalThis", { module: "global", name: "" }],
  ["global", "global", { module: "global", name: "" }],
  ["global", "self", { module: "global", name: "" }],
  ["global", "window", { module: "global", name: "" }],
  ["global", "Deno", { module: "Deno", name: "" }],
  ["global", "process", { module: "node:process", name: "" }],
  ["global", "require", {
    module: "node:module",
    name: "Module.prototype.require",
  }],
  ["global", "localStorage", { module: "global", name: "Storage.prototype" }],
  ["global", "sessionStorage", { module: "global", name: "Storage.prototype" }],
  ["global", "crypto.subtle", {
    module: "global",
    name: "SubtleCrypto.prototype",
  }],
  ["node:crypto", "webcrypto", { module: "global", name: "crypto" }],
  ["node:crypto", "subtle", { module: "global", name: "crypto.subtle" }],
  ["node:fs", "promises", { module: "node:fs/promises", name: "" }],
  ["Deno", "permissions", { module: "Deno", name: "Permissions.prototype" }],
];

/** Modules that export globals: what they have not of their own is one. */
const EXPORT_GLOBALS: Readonly<Record<string, string>> = {
  "node:buffer": "",
  "node:console": "console.",
  "node:stream/web": "",
  "node:util": "",
  "node:worker_threads": "",
};

interface Place {
  module: string;
  name: string;
}

function joined(...names: readonly string[]): string {
  return names.filter((name) => name !== "").join(".");
}

/** Follows aliases until none applies: each leads closer to an owner. */
function owned(place: Place): Place {
  const { module, name } = place;
  if (name.startsWith("default.")) {
    return owned({ module, name: name.slice(8) });
  }
  for (const [from, path, to] of ALIASES) {
    if (module !== from) continue;
    if (name !== path && !name.startsWith(`${path}.`)) continue;
    const rest = name.slice(path.length + 1);
    return owned({ module: to.module, name: joined(to.name, rest) });
  }
  return place;
}

/** Places to look at, in this order. */
function places(module: string, name: string): Place[] {
  const isComplete = module === "Deno" || module === "global" ||
    module.includes(":");
  const modules = isComplete ? [module] : [`node:${module}`, `npm:${module}`];
  return modules.flatMap((one) => {
    const own = owned({ module: one, name });
    const prefix = EXPORT_GLOBALS[own.module];
    return prefix === undefined
      ? [own]
      : [own, { module: "global", name: `${prefix}${own.name}` }];
  });
}

/**
 * Finds what the list says of a call.
 *
 * @param module `Deno`, `global`, `node:fs`, `fs`, `npm:@electric-sql/pglite`
 * or a bare package name.
 * @param name As in {@linkcode BlockingApi.name}. Aliases are followed:
 * `default.x`, and of a global `globalThis.x`, `Deno.x`, `process.x`,
 * `localStorage.x`.
 * @param options Whether a callback is given.
 * @returns The entry, or undefined where the list has none.
 *
 * @example Usage
 * ```ts
 * import { findBlockingApi } from "@loophound/toolkit/blocking_apis";
 * import assert from "node:assert/strict";
 *
 * const api = findBlockingApi("fs", "readFileSync");
 * assert.equal(api?.replacement?.module, "node:fs/promises");
 * assert.equal(api?.replacement?.name, "readFile");
 * assert.equal(findBlockingApi("node:fs", "stat"), undefined);
 * ```
 */
export function findBlockingApi(
  module: string,
  name: string,
  options: {
    /** @default {false} */
    callback?: boolean;
  } = {},
): BlockingApi | undefined {
  for (const place of places(module, name)) {
    const id = place.module === "global"
      ? place.name
      : `${place.module}.${place.name}`;
    const api = blockingApisById.get(id);
    if (options.callback !== true) {
      if (api !== undefined) return api;
      continue;
    }
    const called = blockingApisById.get(`${id}(callback)`) ?? api;
    if (called !== undefined && called.withoutCallback !== true) return called;
  }
  return undefined;
}
