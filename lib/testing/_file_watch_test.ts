import assert from "node:assert/strict";
import { join } from "node:path";
import type { BaselineEntry } from "./_baseline.ts";
import { FileWatch } from "./_file_watch.ts";
import { openTestFolder, sleep, spin } from "./_test_helpers.ts";
import { LoopBaselineError, LoopBlockedError } from "./errors.ts";
import type { BaselineMode, LoopTestOptions } from "./types.ts";

/** A listed call. */
function look(): void {
  Deno.statSync(".");
}

/** A file's tests, registered and run by hand. */
class Bench {
  readonly #watch: FileWatch;
  readonly #hooks: { before: () => Promise<void>; after: () => Promise<void> } =
    { before: () => Promise.resolve(), after: () => Promise.resolve() };

  constructor(mode: BaselineMode = "check", file = import.meta.url) {
    this.#watch = new FileWatch(file, mode);
  }

  /** What `Deno.test` would be given, to be called as it would. */
  add(
    name: string,
    options: LoopTestOptions,
    fn: () => unknown,
  ): () => Promise<void> {
    const args = this.#watch.watch([name, options, fn], {
      layers: [],
      hooks: {
        beforeAll: (hook) => void (this.#hooks.before = hook),
        afterAll: (hook) => void (this.#hooks.after = hook),
      },
    });
    const run = args[2] as (t: unknown) => Promise<void>;
    return () => run({ name });
  }

  begin(): Promise<void> {
    return this.#hooks.before();
  }

  end(): Promise<void> {
    return this.#hooks.after();
  }
}

async function blocked(run: () => Promise<void>): Promise<LoopBlockedError> {
  try {
    await run();
  } catch (error) {
    assert.ok(error instanceof LoopBlockedError, String(error));
    return error;
  }
  throw new Error("It passed");
}

Deno.test("runWatched() tells what a test swallowed, function and line", async () => {
  const bench = new Bench();
  const lenient = bench.add("lenient", { budgetMs: 5000 }, () => spin(60));
  const run = bench.add("swallows", { budgetMs: 40 }, () => {
    (async () => {
      await sleep(0);
      spin(60);
      throw new Error("nobody hears this");
    })().catch(() => {});
  });
  await bench.begin();
  await lenient();
  const { violations, message, test } = await blocked(run);
  assert.equal(test, "swallows");
  assert.equal(violations.length, 1);
  assert.equal(violations[0]!.kind, "block");
  assert.equal(violations[0]!.cause, "cpu");
  assert.equal(violations[0]!.culprit?.function, "spin");
  assert.ok(violations[0]!.ms! > 40);
  assert.match(message, /_test_helpers\.ts:/);
  await bench.end();
});

Deno.test("runWatched() counts synchronous calls by API and place", async () => {
  const bench = new Bench();
  const options = { budgetMs: 5000 };
  const loops = bench.add("loops", options, () => {
    for (let i = 0; i < 5; i++) Deno.statSync(".");
    Deno.lstatSync(".");
  });
  const many = bench.add("many", options, () => {
    for (let i = 0; i < 400; i++) Deno.statSync(".");
  });
  const ignores = bench.add(
    "ignores",
    { ...options, syncCalls: "ignore" },
    () => void Deno.statSync("."),
  );
  const allows = bench.add("allows", {
    ...options,
    allow: [
      { apis: "Deno.lstatSync", reason: "not the one" },
      { apis: "Deno.statSync", reason: "the one" },
    ],
  }, () => void Deno.statSync("."));
  await bench.begin();
  const { violations } = await blocked(loops);
  assert.deepEqual(
    violations.map(({ kind, api, count }) => ({ kind, api, count })),
    [
      { kind: "sync_call", api: "Deno.statSync", count: 5 },
      { kind: "sync_call", api: "Deno.lstatSync", count: 1 },
    ],
  );
  assert.equal((await blocked(many)).violations.length, 1);
  await ignores();
  await allows();
  await bench.end();
});

Deno.test("runWatched() does not blame a test for what was before or comes later", async () => {
  const bench = new Bench();
  const gate = Promise.withResolvers<void>();
  const leaves = bench.add("leaves work behind", { budgetMs: 40 }, () => {
    void (async () => {
      await gate.promise;
      spin(60);
      look();
    })();
  });
  const innocent = bench.add("innocent", { budgetMs: 40 }, async () => {
    gate.resolve();
    await sleep(5);
  });
  await bench.begin();
  await leaves();
  // As a hook between two tests would.
  spin(60);
  look();
  await innocent();
  const late = await blocked(() => bench.end());
  assert.match(
    late.message,
    /^After its end test "leaves work behind" held the loop for .*; and it called Deno\.statSync/,
  );
});

Deno.test("runWatched() keeps the test's own error first", async () => {
  const bench = new Bench();
  const own = new TypeError("own");
  const caused = new TypeError("own", { cause: "a cause" });
  const throwing = (error: unknown) => () => {
    spin(60);
    throw error;
  };
  const options = { budgetMs: 40 };
  const plain = bench.add("plain", options, throwing(own));
  const withCause = bench.add("with cause", options, throwing(caused));
  const text = bench.add("text", options, throwing("just text"));
  const quiet = bench.add("quiet", { budgetMs: 5000 }, () => {
    throw own;
  });
  await bench.begin();
  await assert.rejects(quiet, (error) => error === own && !("cause" in own));
  await assert.rejects(plain, (error) => {
    assert.equal(error, own);
    assert.ok(own.cause instanceof LoopBlockedError);
    return true;
  });
  for (
    const [run, first] of [[withCause, caused], [text, "just text"]] as const
  ) {
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof AggregateError);
      assert.equal(error.errors[0], first);
      assert.ok(error.errors[1] instanceof LoopBlockedError);
      return true;
    });
  }
  await bench.end();
});

Deno.test("runWatched() judges with timers that the test has replaced", async (t) => {
  const bench = new Bench();
  const { mock } = await import("node:test");
  const run = bench.add("mocks", { budgetMs: 5000 }, () => {
    mock.timers.enable({ apis: ["setTimeout", "setImmediate"] });
  });
  await bench.begin();
  await run();
  mock.timers.reset();
  await bench.end();
  assert.ok(t.name.length > 0);
});

Deno.test("a baseline lets old tests be as bad as recorded, and only shrinks", async () => {
  await using folder = await openTestFolder();
  const file = new URL(`file://${join(folder.path, "old_test.ts")}`).href;
  await folder.write("old_test.ts", "");
  const path = join(folder.path, "loop_baseline.json");
  const read = async (): Promise<Record<string, BaselineEntry>> =>
    JSON.parse(await Deno.readTextFile(path));

  /** One run of the file: the test's error, and the file's. */
  const runFile = async (
    mode: BaselineMode,
    { calls, blockMs = 0, name = "old" }: {
      calls: number;
      blockMs?: number;
      name?: string;
    },
  ) => {
    const bench = new Bench(mode, file);
    const run = bench.add(name, { budgetMs: 40, baseline: path }, () => {
      for (let i = 0; i < calls; i++) look();
      if (blockMs > 0) spin(blockMs);
    });
    await bench.begin();
    const test = await run().then(() => null, (error) => error as Error);
    const end = await bench.end().then(() => null, (error) => error as Error);
    return { test, end };
  };

  // Nothing is recorded by itself.
  const first = await runFile("check", { calls: 3 });
  assert.ok(first.test instanceof LoopBlockedError);
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);

  assert.deepEqual(await runFile("init", { calls: 3, blockMs: 80 }), {
    test: null,
    end: null,
  });
  const initial = (await read())["old_test.ts > old"]!;
  assert.deepEqual(initial.syncCalls, { "Deno.statSync": 3 });
  assert.ok(initial.budgetMs! >= 80);
  // As bad as recorded. A busy machine makes times longer, up to three times.
  const recorded = { budgetMs: 1100, syncCalls: initial.syncCalls };
  await Deno.writeTextFile(
    path,
    JSON.stringify({ "old_test.ts > old": recorded }),
  );
  assert.deepEqual(await runFile("check", { calls: 3, blockMs: 380 }), {
    test: null,
    end: null,
  });
  // Worse, in any mode, and it stays out of the file.
  for (const mode of ["check", "update", "init"] as const) {
    const { test } = await runFile(mode, { calls: 4, blockMs: 380 });
    assert.match(test!.message, /3 allowed by the baseline/);
    assert.deepEqual((await read())["old_test.ts > old"], recorded);
  }
  // Better.
  const better = await runFile("check", { calls: 2 });
  assert.equal(better.test, null);
  assert.ok(better.end instanceof LoopBaselineError);
  assert.match(
    better.end.message,
    /must shrink.*\n {2}"old_test\.ts > old": \{.*\} is now \{"syncCalls":\{"Deno\.statSync":2\}\}\nRun the tests again with -- --loop-baseline=update$/,
  );
  assert.deepEqual((await read())["old_test.ts > old"], recorded);
  assert.equal((await runFile("update", { calls: 2 })).end, null);
  assert.deepEqual(await read(), {
    "old_test.ts > old": { syncCalls: { "Deno.statSync": 2 } },
  });
  // Good.
  assert.match(
    (await runFile("check", { calls: 0 })).end!.message,
    /"old_test\.ts > old": not needed any more/,
  );
  // Gone: the test has another name now.
  assert.match(
    (await runFile("check", { calls: 0, name: "new" })).end!.message,
    /"old_test\.ts > old": not needed any more/,
  );
  await runFile("update", { calls: 0 });
  assert.deepEqual(await read(), {});
  // An update adds nothing.
  await runFile("update", { calls: 1 });
  assert.deepEqual(await read(), {});

  await Deno.writeTextFile(
    path,
    '{"gone_test.ts > x": {"budgetMs": 100}, "old_test.ts > old": {"budgetMs": 30}}',
  );
  assert.match(
    (await runFile("check", { calls: 0 })).end!.message,
    /"old_test\.ts > old": not needed any more\n {2}"gone_test\.ts > x": not needed any more/,
  );
  const left: string[] = [];
  for await (const { name } of Deno.readDir(folder.path)) left.push(name);
  assert.deepEqual(left.sort(), ["loop_baseline.json", "old_test.ts"]);
});
