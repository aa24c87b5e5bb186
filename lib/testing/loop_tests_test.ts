import assert from "node:assert/strict";
import { moduleUrl, openTestFolder, SPIN } from "./_test_helpers.ts";
import { loopTest } from "./mod.ts";

const PROGRAM = `import { loopTest } from "${moduleUrl("./mod.ts")}";

interface Row {
  id: number;
}

const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));

${SPIN}
async function work(): Promise<Row[]> {
  await sleep(0);
  const rows: Row[] = [];
  spin(160);
  throw new Error("nobody hears this");
}

loopTest("swallowed", () => {
  work().catch(() => {});
});

loopTest("own error", () => {
  spin(160);
  throw new TypeError("said first");
});

loopTest("calls", { budgetMs: 10_000 }, async () => {
  try {
    Deno.readTextFileSync("/no such file");
  } catch {
    // Swallowed.
  }
  await sleep(1);
});

loopTest({ name: "within its budget", budgetMs: 10_000 }, () => spin(160));
loopTest("timer", async () => {
  setTimeout(function inTimer() {
    spin(200);
  }, 1);
  await sleep(5);
});
loopTest({ budgetMs: 10_000, syncCalls: "ignore" }, function ignoring() {
  Deno.statSync(".");
});
loopTest("allowed", {
  budgetMs: 10_000,
  allow: [{ apis: "Deno.statSync", reason: "one inode" }],
}, () => void Deno.statSync("."));
loopTest("module", async () => {
  await import("./slow.ts");
});
loopTest("steps", { budgetMs: 10_000 }, async (t) => {
  await t.step("first", () => sleep(1));
});
loopTest("leak", { budgetMs: 10_000 }, () => void setTimeout(() => {}, 60_000));
loopTest.ignore("not run", () => spin(160));
Deno.test("another test", () => spin(160));
`;

Deno.test("loopTest() fails tests that hold the loop, with the line", async () => {
  await using folder = await openTestFolder();
  const file = await folder.write("loop_test.ts", PROGRAM);
  await folder.write(
    "slow.ts",
    `${SPIN}\nspin(160);\nexport {};\n`,
  );
  const { code, output, errorOf } = await folder.run([file]);
  assert.equal(code, 1, output);
  const lines = PROGRAM.split("\n");
  const lineOf = (text: string) =>
    lines.findIndex((line) => line.includes(text)) + 1;

  const swallowed = errorOf("swallowed");
  // The test is where it stands, not where the toolkit registers it.
  assert.match(
    swallowed,
    new RegExp(
      `^\\nswallowed => \\./loop_test\\.ts:${lineOf('"swallowed"')}:1$`,
      "m",
    ),
  );
  assert.match(
    swallowed,
    /error: LoopBlockedError: Test "swallowed" held the loop for \d+\.\d ms \(budget 50 ms, computing\) in spin \(file:.*loop_test\.ts:\d+:\d+\)/,
  );
  assert.match(
    swallowed,
    new RegExp(`at work \\(.*loop_test\\.ts:${lineOf("spin(160);")}:`),
  );
  assert.match(swallowed, /\d+ \| while \(n\+\+ % 100_000 > 0 /);

  const own = errorOf("own error");
  assert.match(own, /error: TypeError: said first/);
  assert.match(own, /Caused by: LoopBlockedError: Test "own error" held/);

  assert.match(
    errorOf("calls"),
    new RegExp(
      `error: LoopBlockedError: Test "calls" called Deno\\.readTextFileSync \\(\\d+\\.\\d ms\\) in .*loop_test\\.ts:${
        lineOf("readTextFileSync")
      }:10\\)`,
    ),
  );
  assert.match(errorOf("timer"), /at inTimer \(/);
  assert.match(errorOf("leak"), /Leaks detected/);
  for (
    const name of [
      "within its budget",
      "ignoring",
      "allowed",
      "module",
      "steps",
      "another test",
    ]
  ) {
    assert.match(output, new RegExp(`^${name} \\.\\.\\. ok`, "m"));
  }
  assert.match(output, /^ {2}first \.\.\. ok/m);
  assert.match(output, /^not run \.\.\. ignored/m);
  assert.match(output, /6 passed \(1 step\) \| 5 failed \| 1 ignored/);
});

Deno.test("loopTest() leaves innocent tests alone beside four busy processes", async () => {
  await using folder = await openTestFolder();
  const file = await folder.write(
    "innocent_test.ts",
    `import { loopTest } from "${moduleUrl("./mod.ts")}";
const sleep = (ms: number) => new Promise<void>((done) => setTimeout(done, ms));
const rows = Array.from({ length: 1000 }, (_, id) => ({ id, name: "row " + id }));
for (let i = 0; i < 12; i++) {
  loopTest("waits " + i, () => sleep(10));
  loopTest("computes a little " + i, async () => {
    for (let n = 0; n < 5; n++) {
      JSON.parse(JSON.stringify(rows));
      await sleep(1);
    }
  });
  loopTest("runs processes and files " + i, async () => {
    await Deno.readTextFile(new URL(import.meta.url));
    await Promise.all(rows.slice(0, 100).map(() => sleep(0)));
  });
}
`,
  );
  const busy = Array.from(
    { length: 4 },
    () =>
      new Deno.Command("sh", { args: ["-c", "while :; do :; done"] }).spawn(),
  );
  try {
    const { code, output } = await folder.run([file]);
    assert.equal(code, 0, output);
    assert.match(output, /36 passed \| 0 failed/);
  } finally {
    for (const process of busy) {
      process.kill("SIGKILL");
      await process.status;
    }
  }
});

loopTest("loopTest() passes a test that gives the loop back", async (t) => {
  assert.equal(
    t.name,
    "loopTest() passes a test that gives the loop back",
  );
  await t.step("in a step, too", () => Promise.resolve());
});

loopTest(
  { name: "loopTest() allows what it is told to", budgetMs: 10_000 },
  () => {},
);

Deno.test("loopTest() refuses options that make no sense", () => {
  assert.throws(
    () => loopTest("never registered", { budgetMs: 0 }, () => {}),
    {
      name: "RangeError",
      message: "Cannot watch test: budgetMs must be above 0, got 0",
    },
  );
  assert.throws(
    () =>
      loopTest(
        "never registered",
        { allow: [{ apis: "Deno.statSync", reason: "" }] },
        () => {},
      ),
    { message: "Cannot allow synchronous calls: reason is empty" },
  );
});
