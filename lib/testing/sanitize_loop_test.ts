import assert from "node:assert/strict";
import { moduleUrl, openTestFolder, SPIN } from "./_test_helpers.ts";
import { sanitizeLoop } from "./sanitize_loop.ts";

Deno.test("sanitizeLoop() watches the tests of a file until it is disposed", async () => {
  await using folder = await openTestFolder();
  const file = await folder.write(
    "file_test.ts",
    `import { loopTest, sanitizeLoop } from "${moduleUrl("./mod.ts")}";
import { test } from "node:test";
${SPIN}
const before = Object.getOwnPropertyDescriptor(Deno, "test")!;
{
  using _ = sanitizeLoop({ budgetMs: 60 });
  Deno.test("watched", () => spin(160));
  test("of node:test", () => spin(160));
  Deno.test.each([[1], [160]])("spins %i", (ms) => spin(ms));
  Deno.test({ name: "definition", fn: () => spin(160) });
  const { ignore } = Deno.test;
  ignore("ignored", () => spin(160));
  loopTest("its own budget", { budgetMs: 10_000 }, () => spin(160));
  {
    using _inner = sanitizeLoop({ budgetMs: 10_000 });
    Deno.test("inner budget", () => spin(160));
  }
}
const after = Object.getOwnPropertyDescriptor(Deno, "test")!;
Deno.test("restored", () => {
  if (before.value !== after.value) throw new Error("another function");
  if (before.writable !== after.writable) throw new Error("another property");
  spin(160);
});
`,
  );
  const { code, output, errorOf } = await folder.run([file]);
  assert.equal(code, 1, output);
  for (const name of ["watched", "of node:test", "spins 160", "definition"]) {
    assert.match(errorOf(name), /LoopBlockedError: Test ".*" held the loop/);
    assert.match(errorOf(name), /\(budget 60 ms, computing\)/);
    assert.match(errorOf(name), /^[^\n]* => \.\/file_test\.ts:\d+:\d+$/m);
  }
  for (
    const name of ["spins 1", "its own budget", "inner budget", "restored"]
  ) {
    assert.match(output, new RegExp(`^${name} \\.\\.\\. ok`, "m"));
  }
  assert.match(output, /4 passed \| 4 failed \| 1 ignored/);
});

Deno.test("sanitizeLoop() in a preload module watches all files, and named imports", async () => {
  await using folder = await openTestFolder();
  await folder.write(
    "watch.ts",
    `import "${moduleUrl("./preload.ts?budgetMs=80")}";\n`,
  );
  await folder.write(
    "config.ts",
    `import { readFileSync } from "node:fs";
export function config(): string {
  return readFileSync(new URL(import.meta.url), "utf8");
}
`,
  );
  await folder.write(
    "a_test.ts",
    `import { config } from "./config.ts";
Deno.test("reads", () => void config());
`,
  );
  await folder.write(
    "b_test.ts",
    `${SPIN}
Deno.test("spins", () => spin(240));
Deno.test("fine", () => Promise.resolve());
`,
  );
  for (const more of [[], ["--parallel"]]) {
    const { code, output, errorOf } = await folder.run([
      "--preload=./watch.ts",
      folder.path,
      ...more,
    ]);
    assert.equal(code, 1, output);
    assert.match(
      errorOf("reads"),
      /called node:fs\.readFileSync \(\d+\.\d ms\) in config \(file:.*config\.ts:3:/,
    );
    assert.match(errorOf("spins"), /\(budget 80 ms, computing\) in spin/);
    assert.match(output, /1 passed \| 2 failed/);
  }
});

Deno.test("sanitizeLoop() without tests leaves nothing behind", () => {
  const before = Object.getOwnPropertyDescriptor(Deno, "test");
  const statSync = Deno.statSync;
  {
    using outer = sanitizeLoop({ budgetMs: 1000 });
    using _inner = sanitizeLoop();
    assert.notEqual(Deno.test, before?.value);
    assert.notEqual(Deno.statSync, statSync);
    outer[Symbol.dispose]();
    assert.notEqual(Deno.test, before?.value);
  }
  assert.deepEqual(Object.getOwnPropertyDescriptor(Deno, "test"), before);
  assert.equal(Deno.statSync, statSync);
  assert.throws(() => sanitizeLoop({ budgetMs: -1 }), RangeError);
  assert.equal(Deno.test, before?.value);
});
