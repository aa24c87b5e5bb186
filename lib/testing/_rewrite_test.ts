import assert from "node:assert/strict";
import { readOptions } from "./_preload_options.ts";
import { rewriteTest, stripOptions, type TestFunction } from "./_rewrite.ts";

function fn() {}
const replaced: TestFunction = () => {};

Deno.test("rewriteTest() knows all forms of Deno.test", () => {
  const forms: [unknown[], string][] = [
    [["a", fn], "a"],
    [["a", { sanitizeOps: true }, fn], "a"],
    [[{ name: "a", fn }], "a"],
    [[{ fn }], "fn"],
    [[{ name: "a" }, fn], "a"],
    [[{ permissions: "none" }, fn], "fn"],
    [[fn], "fn"],
  ];
  for (const [args, name] of forms) {
    const names: string[] = [];
    const result = rewriteTest(args, (original, found) => {
      assert.equal(original, fn);
      names.push(found);
      return replaced;
    });
    assert.deepEqual(names, [name]);
    assert.equal(result?.name, name);
    assert.equal(replaced.name, "fn");
    const flat = result.args.flatMap((arg) =>
      typeof arg === "object" ? Object.values(arg as object) : [arg]
    );
    assert.ok(flat.includes(replaced) && !flat.includes(fn));
    assert.equal(result.args.length, args.length);
  }
  for (const args of [[], ["a"], [{ name: "a" }], [null], [5]]) {
    assert.equal(rewriteTest(args, () => assert.fail()), null);
  }
});

Deno.test("stripOptions() takes out what Deno.test does not know", () => {
  const { rest, own } = stripOptions([
    "a",
    { budgetMs: 5, baseline: undefined, permissions: "none", allow: [] },
    fn,
  ]);
  assert.deepEqual(rest, ["a", { permissions: "none" }, fn]);
  assert.deepEqual(own, { budgetMs: 5, allow: [] });
});

Deno.test("readOptions() reads the preload module's query", () => {
  const read = (query: string) => readOptions(new URLSearchParams(query));
  assert.deepEqual(read(""), {});
  assert.deepEqual(read("budgetMs=20&syncCalls=ignore&baseline=b.json"), {
    budgetMs: 20,
    syncCalls: "ignore",
    baseline: "b.json",
  });
  for (
    const query of [
      "budgetMs=",
      "budgetMs=-1",
      "budgetMs=x",
      "syncCalls=no",
      "x=1",
    ]
  ) {
    assert.throws(() => read(query), /^TypeError: Cannot read testing option/);
  }
});
