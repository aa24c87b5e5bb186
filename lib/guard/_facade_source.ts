import { blockingApis } from "@loophound/toolkit/blocking_apis";
import { builtinModule } from "./_place.ts";

/** Beginning of the URL of every facade. */
export const FACADE_PREFIX = "data:text/javascript;loophound-guard,";

/** Global symbol under which facades wait for a guard: see `_facades.ts`. */
export const DOOR = "loophound.guard.facades";

/**
 * Exports of a builtin module that the list names.
 *
 * @param module `node:fs`.
 * @returns Names of functions and classes, empty where nothing is listed.
 */
export function listedExports(module: string): string[] {
  const real = builtinModule(module);
  if (real === null) return [];
  const names = blockingApis.filter((api) =>
    api.module === module && !api.name.includes(".") &&
    typeof real[api.name] === "function"
  ).map(({ name }) => name);
  return [...new Set(names)];
}

/**
 * A module that stands in for a builtin one. Its exports are live bindings that
 * a guard turns to its wrappers, and back to the runtime's functions.
 *
 * @param module `node:fs`.
 * @param options How it gets at the original.
 * @returns A data URL: it needs no permission, and no file.
 */
export function facadeUrl(
  module: string,
  options: {
    /**
     * Exports that are turned.
     *
     * @default {listedExports(module)}
     */
    names?: readonly string[];
    /**
     * Whether `module` itself leads to the original. Otherwise, as under an
     * import map, `names` must be all exports.
     *
     * @default {true}
     */
    reExport?: boolean;
  } = {},
): string {
  const { names = listedExports(module), reExport = true } = options;
  const id = JSON.stringify(module);
  const bindings = names.map((name, index) => ({ name, local: `$${index}` }));
  const lines = [
    ...(reExport
      ? [`import real from ${id};`, `export * from ${id};`]
      : [`const real = process.getBuiltinModule(${id});`]),
    `let ${["$d", ...bindings.map(({ local }) => local)].join(", ")};`,
    `const turn = (to) => {`,
    `  $d = to;`,
    ...bindings.map(({ name, local }) =>
      `  ${local} = to[${JSON.stringify(name)}];`
    ),
    `};`,
    `turn(real);`,
    `export { $d as default${
      bindings.map(({ name, local }) => `, ${local} as ${name}`).join("")
    } };`,
    `const door = Symbol.for(${JSON.stringify(DOOR)});`,
    // Without a guard, a facade of an import map waits for one.
    ...(reExport ? [] : [
      `if (!(door in globalThis)) Object.defineProperty(globalThis, door, { value: [], configurable: true, writable: true });`,
    ]),
    `globalThis[door]?.push([${id}, turn]);`,
  ];
  return FACADE_PREFIX + encodeURIComponent(lines.join("\n"));
}
