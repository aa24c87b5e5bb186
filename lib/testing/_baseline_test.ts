import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import {
  applyChanges,
  type Baseline,
  type BaselineEntry,
  entryFor,
  limitsOf,
  same,
  shrink,
} from "./_baseline.ts";
import { modeIn } from "./_baseline_book.ts";
import { changeBaseline, readBaseline } from "./_baseline_file.ts";
import { moduleUrl, openTestFolder } from "./_test_helpers.ts";
import { LoopBaselineError } from "./errors.ts";

const apis = ["Deno.statSync", "Deno.readFileSync", "node:fs.readFileSync"];
const count = fc.integer({ min: 1, max: 9 });
const entries: fc.Arbitrary<BaselineEntry> = fc.record({
  budgetMs: fc.integer({ min: 1, max: 500 }),
  syncCalls: fc.dictionary(fc.constantFrom(...apis), count),
}, { requiredKeys: [] });
const badnesses = fc.record({
  longestMs: fc.double({ min: 0, max: 600, noNaN: true }),
  syncCalls: fc.dictionary(fc.constantFrom(...apis), count),
});
const rules = fc.record({ budgetMs: fc.integer({ min: 1, max: 200 }) });
const keys = fc.constantFrom("a > 1", "a > 2", "b > 1", "constructor > x");
const baselines: fc.Arbitrary<Baseline> = fc.dictionary(keys, entries);

/** Whether nothing in `a` is above what `b` says. */
function within(a: BaselineEntry | null, b: BaselineEntry | undefined) {
  if (a === null) return true;
  if (b === undefined) return false;
  return (a.budgetMs ?? 0) <= (b.budgetMs ?? 0) &&
    Object.entries(a.syncCalls ?? {}).every(([api, n]) =>
      n <= (b.syncCalls?.[api] ?? 0)
    );
}

Deno.test("shrink() never raises, and asks for no more once it has its way", () => {
  fc.assert(fc.property(entries, badnesses, rules, (entry, badness, rule) => {
    const rest = shrink(entry, badness, rule);
    assert.ok(within(rest, entry));
    if (rest !== null) assert.ok(same(shrink(rest, badness, rule), rest));
  }));
});

Deno.test("shrink() keeps what the test still needs", () => {
  fc.assert(fc.property(entries, badnesses, rules, (entry, badness, rule) => {
    const before = limitsOf(entry, rule);
    const after = limitsOf(shrink(entry, badness, rule) ?? undefined, rule);
    // What was within its limits still is.
    if (badness.longestMs <= before.budgetMs) {
      assert.ok(badness.longestMs <= after.budgetMs);
    }
    for (const [api, made] of Object.entries(badness.syncCalls)) {
      if (made > (before.syncCalls[api] ?? 0)) continue;
      assert.ok(made <= (after.syncCalls[api] ?? 0));
    }
  }));
});

Deno.test("shrink() leaves times alone that are only a little better", () => {
  const rule = { budgetMs: 50 };
  const entry = entryFor({ longestMs: 200, syncCalls: {} }, rule);
  assert.deepEqual(entry, { budgetMs: 300 });
  for (const longestMs of [299, 200, 120, 101]) {
    assert.ok(same(shrink(entry!, { longestMs, syncCalls: {} }, rule), entry));
  }
  assert.deepEqual(shrink(entry!, { longestMs: 80, syncCalls: {} }, rule), {
    budgetMs: 120,
  });
  assert.equal(shrink(entry!, { longestMs: 40, syncCalls: {} }, rule), null);
  assert.equal(
    shrink(entry!, { longestMs: 290, syncCalls: {} }, { budgetMs: 300 }),
    null,
  );
});

Deno.test("entryFor() lets the test pass as it was", () => {
  fc.assert(fc.property(badnesses, rules, (badness, rule) => {
    const entry = entryFor(badness, rule);
    const limits = limitsOf(entry ?? undefined, rule);
    assert.ok(badness.longestMs <= limits.budgetMs);
    assert.deepEqual({ ...limits.syncCalls }, { ...badness.syncCalls });
    // It is not to shrink at once.
    if (entry !== null) assert.ok(same(shrink(entry, badness, rule), entry));
  }));
});

Deno.test("applyChanges() only lowers and removes, whatever it is told", () => {
  const changes = fc.dictionary(keys, fc.option(entries)).map((it) =>
    new Map(Object.entries(it))
  );
  fc.assert(fc.property(baselines, changes, (baseline, lowered) => {
    const after = applyChanges(baseline, lowered);
    for (const [key, entry] of Object.entries(after)) {
      assert.ok(Object.hasOwn(baseline, key));
      assert.ok(within(entry, baseline[key]));
    }
    for (const [key, entry] of lowered) {
      if (entry === null) assert.ok(!Object.hasOwn(after, key));
    }
  }));
});

Deno.test("applyChanges() adds only what is not there", () => {
  fc.assert(fc.property(baselines, baselines, (baseline, more) => {
    const after = applyChanges(
      baseline,
      new Map(),
      new Map(Object.entries(more)),
    );
    for (const [key, entry] of Object.entries(baseline)) {
      assert.deepEqual(after[key], entry);
    }
    assert.deepEqual(
      Object.keys(after),
      [...new Set([...Object.keys(baseline), ...Object.keys(more)])].sort(),
    );
  }));
});

Deno.test("changeBaseline() loses no change of many writers, and shows no half file", async () => {
  await using folder = await openTestFolder();
  const path = join(folder.path, "sub", "baseline.json");
  const N = 24;
  let writing = true;
  const reader = (async () => {
    let reads = 0;
    for (; writing; reads++) {
      await readBaseline(path);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return reads;
  })();
  await Promise.all(
    Array.from({ length: N }, (_, i) =>
      changeBaseline(path, (now) => ({
        ...now,
        [`t > ${i}`]: { budgetMs: i + 1 },
      }))),
  );
  writing = false;
  assert.ok(await reader > 0);
  assert.equal(Object.keys(await readBaseline(path) ?? {}).length, N);
  const left: string[] = [];
  for await (const { name } of Deno.readDir(join(folder.path, "sub"))) {
    left.push(name);
  }
  assert.deepEqual(left, ["baseline.json"]);
});

Deno.test("changeBaseline() leaves the file as it was when it fails", async () => {
  await using folder = await openTestFolder();
  const path = await folder.write("baseline.json", '{"a > b":{"budgetMs":5}}');
  await assert.rejects(
    changeBaseline(path, () => {
      throw new Error("no");
    }),
    { message: "no" },
  );
  assert.deepEqual(await readBaseline(path), { "a > b": { budgetMs: 5 } });
  const broken = await folder.write("broken.json", '{"a');
  await assert.rejects(changeBaseline(broken, (now) => now ?? {}), {
    message: /it is no JSON/,
  });
  assert.equal(await Deno.readTextFile(broken), '{"a');
});

Deno.test("readBaseline() says what is wrong and where", async () => {
  await using folder = await openTestFolder();
  assert.equal(await readBaseline(join(folder.path, "none.json")), null);
  const cases: [string, RegExp][] = [
    ["[]", /it is no object/],
    ['{"a > b": 5}', /"a > b" is no object/],
    ['{"a > b": {"budgetMs": "5"}}', /"a > b" has a budgetMs/],
    ['{"a > b": {"budgetMs": -5}}', /"a > b" has a budgetMs/],
    ['{"a > b": {"syncCalls": {"x": 0}}}', /"a > b" has syncCalls/],
    ['{"a > b": {"budget": 5}}', /"a > b" has an unknown field "budget"/],
  ];
  for (const [text, message] of cases) {
    const path = await folder.write("x.json", text);
    await assert.rejects(readBaseline(path), (error) => {
      assert.ok(error instanceof LoopBaselineError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("modeIn() reads the arguments behind deno test --", () => {
  assert.equal(modeIn([]), "check");
  assert.equal(modeIn(["--other", "--loop-baseline=update"]), "update");
  assert.equal(
    modeIn(["--loop-baseline=update", "--loop-baseline=init"]),
    "init",
  );
  assert.throws(() => modeIn(["--loop-baseline=raise"]), {
    message:
      'Cannot read "--loop-baseline=raise": "raise" is none of check, update, init',
  });
});

Deno.test("deno test -- --loop-baseline=init records what is bad today, of all files", async () => {
  await using folder = await openTestFolder();
  // Counts, not times: a busy machine has made 700 ms of 240.
  const write = (name: string, body: string, options = "{}") =>
    folder.write(
      name,
      `import { sanitizeLoop } from "${moduleUrl("./mod.ts")}";

using _ = sanitizeLoop({
  budgetMs: 5000,
  baseline: new URL("./loop_baseline.json", import.meta.url),
});
Deno.test("old", ${options}, () => {
  try {
    ${body}
  } catch {
    // Not permitted, and made all the same.
  }
});
Deno.test("good", () => {});
`,
    );
  // A test that may read nothing has its baseline all the same.
  await write("a_test.ts", 'Deno.lstatSync(".");', '{ permissions: "none" }');
  await write("b_test.ts", 'Deno.statSync(".");');
  const init = await folder.run([
    "--parallel",
    folder.path,
    "--",
    "--loop-baseline=init",
  ]);
  assert.equal(init.code, 0, init.output);
  const baseline = await readBaseline(join(folder.path, "loop_baseline.json"));
  assert.deepEqual(baseline, {
    "a_test.ts > old": { syncCalls: { "Deno.lstatSync": 1 } },
    "b_test.ts > old": { syncCalls: { "Deno.statSync": 1 } },
  });
  const check = await folder.run([folder.path]);
  assert.equal(check.code, 0, check.output);
  const b = await write("b_test.ts", "");
  const better = await folder.run([b]);
  assert.equal(better.code, 1, better.output);
  assert.match(better.output, /must shrink, for tests have become better/);
});
