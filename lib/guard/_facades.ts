import { builtinModule } from "./_place.ts";
import { DOOR, FACADE_PREFIX, facadeUrl } from "./_facade_source.ts";
import { Patch } from "./_patch.ts";

/**
 * Builtin modules as they are imported by name. Deno links such imports to
 * values of its own, out of reach of any change to the module's object: only
 * another module in its place reaches them. `module.registerHooks()` puts one
 * there; its bindings are live, so that taking the guard out gives importers
 * the runtime's functions again.
 *
 * There is no `load` hook: one that only passes on makes `bytes` and `wasm`
 * imports fail on Deno 2.9.6. And a facade always imports what it stands for:
 * `node:zlib`, `util`, `url` and `worker_threads` are linked by their very name
 * whatever a hook says, and the runtime panics when nothing has loaded them.
 */

type Turn = (to: object) => void;
type Join = [module: string, turn: Turn];

/** Facades loaded so far, for as long as the program lives. */
const joined = new Map<string, Set<Turn>>();
const urls = new Map<string, string>();

interface Open {
  door: Patch;
  hooks: { deregister(): void } | null;
  modules: ReadonlySet<string>;
}
let open: Open | null = null;

interface ResolveContext {
  conditions?: readonly string[];
  parentURL?: string;
}
interface Resolved {
  url: string;
}
type NextResolve = (specifier: string, context: ResolveContext) => Resolved;
interface NodeModule {
  registerHooks?: (hooks: {
    resolve(
      specifier: string,
      context: ResolveContext,
      next: NextResolve,
    ): Resolved;
  }) => { deregister(): void };
}

/** Whether facades of an import map have been loaded. */
export function hasMappedFacades(): boolean {
  return joined.size > 0;
}

/** Whether modules loaded from now on get facades. */
export function hooksImports(): boolean {
  return open?.hooks != null;
}

/** Gives all importers of a module what it is now. */
export function turnFacades(module: string): void {
  const to = builtinModule(module);
  if (to !== null) { for (const turn of joined.get(module) ?? []) turn(to); }
}

function join([module, turn]: Join): void {
  const turns = joined.get(module) ?? new Set();
  joined.set(module, turns.add(turn));
  const to = builtinModule(module);
  if (open !== null && to !== null) turn(to);
}

/**
 * Begins to put facades in the place of modules.
 *
 * @param modules `node:fs` and the like. The set may grow.
 */
export function openFacades(modules: ReadonlySet<string>): void {
  if (open !== null) return;
  const key = Symbol.for(DOOR);
  const waiting: unknown = Reflect.get(globalThis, key);
  const door = new Patch(globalThis, key, { push: join });
  const opened: Open = { door, hooks: null, modules };
  open = opened;
  try {
    if (Array.isArray(waiting)) waiting.forEach(join);
    opened.hooks = registerHooks();
  } catch (error) {
    closeFacades();
    throw error;
  }
}

/** Ends it. Facades that have been loaded turn to the runtime's functions. */
export function closeFacades(): void {
  if (open === null) return;
  const { door, hooks } = open;
  hooks?.deregister();
  door.remove();
  open = null;
  for (const module of joined.keys()) turnFacades(module);
}

function registerHooks(): Open["hooks"] {
  const { registerHooks } =
    (builtinModule("node:module") ?? {}) as unknown as NodeModule;
  return registerHooks?.({
    resolve(specifier, context, next) {
      const found = next(specifier, context);
      if (
        open === null || !open.modules.has(found.url) ||
        context.conditions?.includes("import") !== true ||
        context.parentURL?.startsWith(FACADE_PREFIX) === true
      ) return found;
      let url = urls.get(found.url);
      if (url === undefined) {
        url = facadeUrl(found.url);
        urls.set(found.url, url);
      }
      return { ...found, url, format: "module", shortCircuit: true };
    },
  }) ?? null;
}
