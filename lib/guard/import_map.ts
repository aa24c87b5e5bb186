import { blockingApis } from "@loophound/toolkit/blocking_apis";
import { facadeUrl, listedExports } from "./_facade_source.ts";
import { builtinModule } from "./_place.ts";

/**
 * Makes the entries of an import map that lead static named imports of builtin
 * modules to a guard that a call puts in: for hosts without `--preload` or
 * `module.registerHooks()`.
 *
 * Made from the running Deno, for that version of it. Packages are not subject
 * to import maps: the named imports that they write stay unseen.
 *
 * @returns Data URLs by module name, for `imports` of an import map.
 *
 * @example
 * ```ts
 * import { guardImports } from "@loophound/toolkit/guard";
 *
 * const imports = await guardImports();
 * console.log(JSON.stringify({ imports }).length > 1000);
 * ```
 */
export async function guardImports(): Promise<Record<string, string>> {
  const imports: Record<string, string> = {};
  for (const module of modulesToMap()) {
    const names = Object.keys(await import(module))
      .filter((name) => name !== "default" && /^[\p{L}_$][\w$]*$/u.test(name));
    imports[module] = facadeUrl(module, { names, reExport: false });
  }
  return imports;
}

/**
 * Modules with functions that the list tells by default. Not those that are
 * read-only (`node:zlib`, guarded beneath its functions): Deno 2.9.6 links them
 * by their name whatever a map says, and panics when the map hides them.
 */
function modulesToMap(): Set<string> {
  const told = blockingApis.filter((api) =>
    api.byDefault && api.nature === "sync" && api.module !== "node:module" &&
    listedExports(api.module).includes(api.name)
  ).map(({ module }) => module);
  return new Set(
    told.filter((module) => Object.isExtensible(builtinModule(module) ?? 0)),
  );
}
