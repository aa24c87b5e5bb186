/**
 * Names of modules and of what is in them.
 *
 * @module
 */
import { isBuiltin } from "node:module";
import type { Value } from "./_value.ts";

const GLOBAL_OBJECT = /^(?:globalThis|global|self|window)$/;

/**
 * What calls give back: classes, not blocking. Only those through which
 * something with methods of the list is reached.
 */
const GIVES: Readonly<Record<string, string>> = {
  "Deno.open": "Deno.FsFile",
  "Deno.openSync": "Deno.FsFile",
  "Deno.create": "Deno.FsFile",
  "Deno.createSync": "Deno.FsFile",
  "node:fs.opendirSync": "node:fs.Dir",
  "node:fs/promises.opendir": "node:fs.Dir",
  "node:sqlite.DatabaseSync.prototype.prepare": "node:sqlite.StatementSync",
  "npm:@electric-sql/pglite.PGlite.create": "npm:@electric-sql/pglite.PGlite",
};

/** `fs` → `node:fs`, `npm:/pg@8/lib/x` → `npm:pg`, `./x.ts` as it is. */
export function moduleName(specifier: string): string {
  if (/^(?:\.{0,2}\/|node:|https?:|file:|data:|jsr:)/.test(specifier)) {
    return specifier;
  }
  if (!specifier.startsWith("npm:") && isBuiltin(specifier)) {
    return `node:${specifier}`;
  }
  const path = specifier.replace(/^npm:\/?/, "");
  const name = /^(@[^/]+\/[^/@]+|[^/@]+)/.exec(path)?.[0];
  return name === undefined ? specifier : `npm:${name}`;
}

/** A member of a thing of a module: `node:fs` and `promises` → `node:fs/promises`. */
export function joined(module: string, name: string, member: string): Value {
  if (member === "default" && name === "") {
    return { is: "api", module, name: "" };
  }
  if (module === "global" && name === "") {
    if (member === "Deno") return { is: "api", module: "Deno", name: "" };
    if (member === "process") {
      return { is: "api", module: "node:process", name: "" };
    }
    if (GLOBAL_OBJECT.test(member)) return { is: "api", module, name: "" };
  }
  if (module === "node:fs" && name === "" && member === "promises") {
    return { is: "api", module: "node:fs/promises", name: "" };
  }
  return {
    is: "api",
    module,
    name: name === "" ? member : `${name}.${member}`,
  };
}

/** The instance that a call of an API gives, when it is of a class with listed methods. */
export function givenBy(id: string): Value | null {
  const given = GIVES[id];
  if (given === undefined) return null;
  const cut = given.lastIndexOf(".");
  return {
    is: "instance",
    module: given.slice(0, cut),
    name: given.slice(cut + 1),
  };
}
