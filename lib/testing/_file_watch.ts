import { BaselineBook, modeIn } from "./_baseline_book.ts";
import { Collector } from "./_collector.ts";
import { Detectors } from "./_detectors.ts";
import { rewriteTest, stripOptions, type TestFunction } from "./_rewrite.ts";
import { rulesOf } from "./_run.ts";
import { ticked, timerTurn } from "./_turns.ts";
import type { BaselineMode, LoopTestOptions } from "./types.ts";
import { runWatched, verdictOnLate, type Watch } from "./_watched.ts";

/** The hooks of `Deno.test` that are needed. */
export interface TestHooks {
  beforeAll(fn: () => Promise<void>): void;
  afterAll(fn: () => Promise<void>): void;
}

/**
 * What is common to the watched tests of one file, which are all that run in
 * its isolate: measured on Deno 2.9.6, each file has an isolate of its own,
 * with a run of the `--preload` modules of its own, `--parallel` or not.
 */
export class FileWatch {
  readonly #watch: Watch;
  #hooked = false;

  constructor(file: string, mode: BaselineMode) {
    const collector = new Collector();
    this.#watch = {
      collector,
      detectors: new Detectors(collector),
      book: new BaselineBook(file, mode),
    };
  }

  useMode(mode: BaselineMode): void {
    this.#watch.book.mode = mode;
  }

  /** Starts what tests with these options will need, before they are there. */
  prepare(...layers: readonly LoopTestOptions[]): void {
    const { budgetMs, syncCalls } = rulesOf(...layers);
    this.#watch.detectors.watchLoop(budgetMs);
    if (syncCalls === "fail") this.#watch.detectors.watchCalls();
  }

  /**
   * Makes the arguments of a test into those of a watched one.
   *
   * @param layers Options that hold for it, outermost first; its own come last.
   * @param named Whether the name is as written: not so for `Deno.test.each`.
   */
  watch(
    args: readonly unknown[],
    { layers, hooks, named = true }: {
      layers: readonly LoopTestOptions[];
      hooks: TestHooks;
      named?: boolean;
    },
  ): unknown[] {
    const { rest, own } = stripOptions(args);
    const all = [...layers, own];
    const rules = rulesOf(...all);
    const watch = this.#watch;
    const rewritten = rewriteTest(rest, (fn, name) => {
      return function (this: unknown, ...given: unknown[]): Promise<void> {
        // Cases of `each` come before the context.
        const context = given.at(-1) as Partial<Deno.TestContext> | undefined;
        return runWatched(
          watch,
          { name: context?.name ?? name, rules },
          () => Reflect.apply(fn, this, given),
        );
      } satisfies TestFunction;
    });
    // What is no test is for `Deno.test` to refuse.
    if (rewritten === null) return rest;
    this.prepare(...all);
    watch.book.register(named ? rewritten.name : null, rules);
    this.#hook(hooks);
    return rewritten.args;
  }

  #hook(hooks: TestHooks): void {
    if (this.#hooked) return;
    this.#hooked = true;
    hooks.beforeAll(() => this.#begin());
    hooks.afterAll(() => this.#finish());
  }

  /** Ends what was started for tests, where there were none. */
  release(): void {
    if (!this.#hooked) this.#watch.detectors[Symbol.dispose]();
  }

  async #begin(): Promise<void> {
    await this.#watch.book.load();
    // What the loading of the file did is looked into now: a read that ends in
    // the first test is a leak to that test's sanitizer.
    await ticked();
    await this.#watch.detectors.monitor?.settled();
  }

  async #finish(): Promise<void> {
    const { detectors, book } = this.#watch;
    try {
      await timerTurn();
      await ticked();
      await detectors.monitor?.settled();
      const late = await verdictOnLate(this.#watch);
      await book.settle();
      if (late !== null) throw late;
    } finally {
      detectors[Symbol.dispose]();
    }
  }
}

let current: FileWatch | null = null;

/** The one of this isolate. Made when it is first asked for. */
export function fileWatch(): FileWatch {
  current ??= new FileWatch(Deno.mainModule, modeIn(Deno.args));
  return current;
}
