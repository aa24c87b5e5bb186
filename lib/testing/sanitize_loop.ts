import { callFromUser } from "./_call_from.ts";
import { fileWatch, type TestHooks } from "./_file_watch.ts";
import type { LoopTestOptions, SanitizeLoopOptions } from "./types.ts";

// deno-lint-ignore no-explicit-any -- passes on whatever it is given
type Any = (...args: any[]) => any;
type DenoTest = typeof Deno.test;

/** Options in force, outermost first. */
const layers: SanitizeLoopOptions[] = [];
/** What stands in for `Deno.test`, and what it was. */
let patch:
  | { before: PropertyDescriptor; real: DenoTest; proxy: DenoTest }
  | null = null;

/** Options that hold for all tests registered now, outermost first. */
export function activeLayers(): readonly LoopTestOptions[] {
  return layers;
}

/** `Deno.test` as it was before. */
export function realTest(): DenoTest {
  return Deno.test === patch?.proxy ? patch.real : Deno.test;
}

/**
 * Watches every test that is registered with `Deno.test` (or `node:test`, which
 * is made of it) from now on, until it is disposed: `using` at the top of a
 * file ends with the registering of its tests, not with their running. A test
 * fails as a {@linkcode loopTest} does.
 *
 * In a module for `deno test --preload` it holds for all files of the run, and
 * sees named imports of `node:*` as well.
 *
 * @param options Options of all these tests.
 * @returns Ends it, and puts `Deno.test` back.
 * @throws {RangeError} The budget is not above 0.
 *
 * @example
 * ```ts ignore
 * import { sanitizeLoop } from "@loophound/toolkit/testing";
 *
 * using _ = sanitizeLoop({ budgetMs: 30 });
 *
 * Deno.test("answers without holding the loop", async () => {
 *   await fetch("http://localhost:8000/");
 * });
 * ```
 */
export function sanitizeLoop(options: SanitizeLoopOptions = {}): Disposable {
  const file = fileWatch();
  file.prepare(...layers, options);
  if (options.baselineMode !== undefined) file.useMode(options.baselineMode);
  const layer = { ...options };
  layers.push(layer);
  if (patch === null) putIn();
  return {
    [Symbol.dispose]() {
      const index = layers.indexOf(layer);
      if (index < 0) return;
      layers.splice(index, 1);
      if (layers.length > 0) return;
      takeOut();
      file.release();
    },
  };
}

function putIn(): void {
  const before = Object.getOwnPropertyDescriptor(Deno, "test");
  if (before === undefined) {
    throw new TypeError("Cannot watch tests: this host has no Deno.test");
  }
  const real = Deno.test;
  const proxy = watching(real, real) as DenoTest;
  Object.defineProperty(Deno, "test", { ...before, value: proxy });
  patch = { before, real, proxy };
}

function takeOut(): void {
  if (patch === null) return;
  // Whoever has wrapped it since calls the proxy, which watches nothing now.
  if (Deno.test === patch.proxy) {
    Object.defineProperty(Deno, "test", patch.before);
  }
  patch = null;
}

/** Stands in for `Deno.test`, and for its `only` and `ignore`. */
function watching(fn: Any, hooks: TestHooks): Any {
  return new Proxy(fn, {
    apply: (target, _self, args) =>
      layers.length === 0
        ? target(...args)
        : callFromUser(target, fileWatch().watch(args, { layers, hooks })),
    get(target, key, self) {
      const value: unknown = Reflect.get(target, key, self);
      if (typeof value !== "function") return value;
      if (key === "only" || key === "ignore") {
        return watching(value as Any, hooks);
      }
      return key === "each" ? watchingEach(value as Any, hooks) : value;
    },
  });
}

/** `Deno.test.each(cases)(name, fn)`: names are made of the cases. */
function watchingEach(each: Any, hooks: TestHooks): Any {
  return (...cases: unknown[]) => {
    const register: Any = each(...cases);
    return (...args: unknown[]) =>
      layers.length === 0 ? register(...args) : callFromUser(
        register,
        fileWatch().watch(args, { layers, hooks, named: false }),
      );
  };
}
