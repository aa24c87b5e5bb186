/**
 * What the running Deno offers to be called, name by name: whoever moves to
 * a new Deno looks at what is new in it, because a synchronous API need not
 * say so in its name (`randomBytes`, `DatabaseSync.prototype.exec`).
 *
 * @module
 */
import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import { type ApiRoot, findApis, readValue } from "./find_apis.ts";
import { idOf } from "./_found_api.ts";

/** What somebody has looked at: names by module. */
export interface Reviewed {
  /** The version of Deno that it was. */
  deno: string;
  names: Readonly<Record<string, readonly string[]>>;
}

/** Functions and classes of every module, and the methods of `Deno`'s. */
export function surface(roots: readonly ApiRoot[]): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { module, value } of roots) {
    const found = Object.getOwnPropertyNames(value).filter((name) =>
      name !== "default" && typeof readValue(value, name, false) === "function"
    );
    names.set(module, found);
  }
  const deno = roots.filter(({ module }) => module === "Deno");
  const methods = findApis(deno, (name) => /^\w+\.prototype\.\w+$/.test(name));
  names.get("Deno")?.push(...methods.map(({ name }) => name));
  return new Map(
    [...names].filter(([, of]) => of.length > 0).map((
      [module, of],
    ) => [module, of.sort()]),
  );
}

/** Ids of what nobody has looked at, and the list does not have either. */
export function unreviewed(
  offered: ReadonlyMap<string, readonly string[]>,
  reviewed: Reviewed,
  apis: readonly BlockingApi[],
): string[] {
  const listed = new Set(apis.map(({ id }) => id));
  return [...offered].flatMap(([module, names]) => {
    const seen = new Set(reviewed.names[module]);
    return names.filter((name) => !seen.has(name))
      .map((name) => idOf(module, name))
      .filter((id) => !listed.has(id));
  });
}
