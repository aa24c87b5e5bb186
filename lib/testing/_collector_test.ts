import assert from "node:assert/strict";
import type { SyncCallReport } from "@loophound/toolkit/guard";
import type { BlockReport } from "@loophound/toolkit/monitor";
import { Collector } from "./_collector.ts";
import { blockedError } from "./_format_violations.ts";
import { badnessOf, violationsOf } from "./_judge_run.ts";
import { rulesOf } from "./_run.ts";
import type { LoopTestOptions } from "./types.ts";

function block(route: string | null, facts: Partial<BlockReport> = {}) {
  const culprit = {
    function: "parse",
    file: "file:///a.ts",
    line: 7,
    column: 3,
  };
  return {
    message: "",
    level: "warning",
    time: "",
    own_ms: 0,
    longest_ms: 80,
    inherited_ms: 0,
    wall_ms: null,
    preempted_ms: 0,
    threshold_ms: 25,
    route,
    function: culprit.function,
    culprit,
    stack: ["parse (file:///a.ts:7:3)", "load (file:///a.ts:1:1)"],
    cause: "cpu",
    count: 1,
    advice: "Do it in a thread",
    trace_id: null,
    ...facts,
  } as BlockReport;
}

function call(route: string | null, facts: Partial<SyncCallReport> = {}) {
  return {
    message: "",
    level: "warning",
    time: "",
    api: "Deno.statSync",
    kind: "sync_io",
    route,
    culprit: { function: "load", file: "file:///a.ts", line: 9, column: 2 },
    stack: ["load (file:///a.ts:9:2)"],
    duration_ms: 0.25,
    size: null,
    action: "count",
    count: 1,
    advice: "Await Deno.stat()",
    allowed_by: null,
    ...facts,
  } as SyncCallReport;
}

const NONE = { budgetMs: 50, syncCalls: {} };

function open(options: LoopTestOptions = {}) {
  const collector = new Collector();
  const run = collector.open("test", rulesOf(options));
  return { collector, run };
}

Deno.test("Collector gives to each test what bears its label", () => {
  const collector = new Collector();
  const first = collector.open("same name", rulesOf());
  collector.addBlock(block(first.label));
  collector.addCall(call(first.label));
  collector.close(first);
  const second = collector.open("same name", rulesOf());
  assert.notEqual(second.label, first.label);
  assert.equal(second.name, first.name);
  collector.addBlock(block(first.label));
  collector.addBlock(block(second.label));
  collector.addCall(call(first.label));
  // Of nobody's making: it is told of who is running.
  collector.addBlock(block(null));
  collector.close(second);
  assert.deepEqual([first.blocks.length, first.calls.size], [1, 1]);
  assert.deepEqual([second.blocks.length, second.calls.size], [2, 0]);
  const late = collector.takeLate();
  assert.deepEqual(
    late.map((run) => [run.label, run.blocks.length, run.calls.size]),
    [
      [first.label, 1, 1],
    ],
  );
  assert.deepEqual(collector.takeLate(), []);
});

Deno.test("Collector leaves out what happens between tests", () => {
  const { collector, run } = open();
  collector.close(run);
  collector.addBlock(block(null));
  collector.addCall(call(null));
  collector.addCall(call("no test of ours"));
  assert.deepEqual([run.blocks, run.calls.size], [[], 0]);
  assert.deepEqual(collector.takeLate(), []);
});

Deno.test("violationsOf() takes off the time without a core", () => {
  const { run } = open();
  run.blocks.push(block("test", { longest_ms: 300, preempted_ms: 251 }));
  assert.deepEqual(violationsOf(run, NONE), []);
  run.blocks.push(block("test", { longest_ms: 300, preempted_ms: 249 }));
  assert.deepEqual(violationsOf(run, NONE).map(({ ms }) => ms), [51]);
});

Deno.test("violationsOf() leaves out causes, by default the loading of modules", () => {
  const blocks = [
    block("test", { cause: "module_load" }),
    block("test", {
      stack: ["a (file:///a.ts:1:1)", "(module) (file:///a.ts:1:1)"],
    }),
    block("test", { cause: "gc", longest_ms: 60 }),
    block("test", { cause: null, culprit: null, stack: [], longest_ms: 90 }),
  ];
  const causes = (options: LoopTestOptions) => {
    const { run } = open(options);
    run.blocks.push(...blocks);
    return violationsOf(run, NONE).map(({ cause }) => cause);
  };
  assert.deepEqual(causes({}), [null, "gc"]);
  assert.deepEqual(causes({ ignoreCauses: ["gc", "module_load"] }), [null]);
  assert.deepEqual(causes({ ignoreCauses: [] }), [
    null,
    "module_load",
    "gc",
  ]);
});

Deno.test("violationsOf() tells a culprit once, and counts", () => {
  const { run } = open();
  run.blocks.push(
    block("test"),
    block("test", { longest_ms: 120 }),
    block("test", {
      longest_ms: 100,
      culprit: { function: "sort", file: "file:///a.ts", line: 20, column: 1 },
    }),
  );
  assert.deepEqual(
    violationsOf(run, NONE).map(({ ms, count, culprit }) => [
      culprit?.function,
      ms,
      count,
    ]),
    [["parse", 120, 2], ["sort", 100, 1]],
  );
});

Deno.test("violationsOf() allows as many calls of an API as recorded", () => {
  const { collector, run } = open();
  collector.addCall(call("test"));
  collector.addCall(call("test", { duration_ms: 2 }));
  collector.addCall(call("test", {
    culprit: { function: "other", file: "file:///a.ts", line: 30, column: 2 },
  }));
  const limited = (count: number) =>
    violationsOf(run, { budgetMs: 50, syncCalls: { "Deno.statSync": count } });
  assert.deepEqual(badnessOf(run).syncCalls, { "Deno.statSync": 3 });
  assert.deepEqual(limited(3), []);
  assert.deepEqual(
    limited(2).map(({ count, ms, limit }) => [count, ms, limit]),
    [[2, 2, 2], [1, 0.25, 2]],
  );
  // Calls too many to be looked at count, too.
  run.unexamined = new Map([["Deno.statSync", 100], ["Deno.lstatSync", 5]]);
  assert.deepEqual(badnessOf(run).syncCalls, { "Deno.statSync": 103 });
});

Deno.test("badnessOf() leaves out calls that the test ignores", () => {
  const { collector, run } = open({ syncCalls: "ignore" });
  collector.addCall(call("test"));
  run.longestMs = 12;
  assert.deepEqual(badnessOf(run), { longestMs: 12, syncCalls: {} });
  assert.deepEqual(violationsOf(run, NONE), []);
});

Deno.test("blockedError() says all in one line, and the rest below", async () => {
  const { collector, run } = open();
  collector.addBlock(block("test", { longest_ms: 80.25 }));
  collector.addCall(call("test"));
  collector.addCall(call("test"));
  const error = await blockedError("test", violationsOf(run, NONE), {
    readLine: (file, line) => Promise.resolve(`text of ${file} ${line}`),
  });
  assert.equal(
    error.message,
    'Test "test" held the loop for 80.3 ms (budget 50 ms, computing) in parse (file:///a.ts:7:3); and it called Deno.statSync (0.3 ms), 2 times in load (file:///a.ts:9:2)',
  );
  assert.equal(
    error.stack,
    `LoopBlockedError: ${error.message}
  Held the loop for 80.3 ms:
    7 | text of file:///a.ts 7
    at parse (file:///a.ts:7:3)
    at load (file:///a.ts:1:1)
    Do it in a thread
  Called Deno.statSync:
    9 | text of file:///a.ts 9
    at load (file:///a.ts:9:2)
    Await Deno.stat()`,
  );
});

Deno.test("blockedError() says when the place is not known", async () => {
  const { run } = open();
  run.blocks.push(block("test", { culprit: null, stack: [], cause: null }));
  const error = await blockedError("test", violationsOf(run, NONE));
  assert.equal(
    error.message,
    'Test "test" held the loop for 80.0 ms (budget 50 ms)',
  );
  assert.match(error.stack!, /no function of the program had most of it/);
  const blind = await blockedError("test", violationsOf(run, NONE), {
    noProfile: "switched off",
  });
  assert.match(blind.stack!, /in which function is not known: switched off/);
});

Deno.test("blockedError() reads lines where it can", async () => {
  const { run } = open();
  const at = (file: string, line: number) =>
    block("test", { culprit: { function: "f", file, line, column: 1 } });
  run.blocks.push(
    at(import.meta.url, 1),
    at("file:///no/such/file.ts", 1),
    at("https://example.com/x.ts", 1),
    at(import.meta.url, 1_000_000),
  );
  const { stack } = await blockedError("test", violationsOf(run, NONE));
  assert.equal(stack!.match(/^ {4}\d+ \| /gm)?.length, 1);
  assert.match(stack!, /^ {4}1 \| import assert from "node:assert\/strict";$/m);
});

Deno.test("rulesOf() puts inner options over outer ones", () => {
  const outer = { apis: "Deno.*", reason: "outer" };
  const inner = { apis: "Deno.*", reason: "inner" };
  assert.deepEqual(rulesOf(), {
    budgetMs: 50,
    syncCalls: "fail",
    allow: [],
    ignoreCauses: ["module_load"],
    baseline: null,
  });
  assert.deepEqual(
    rulesOf(
      { budgetMs: 20, allow: [outer], baseline: "a.json", syncCalls: "ignore" },
      { budgetMs: 30, allow: [inner], syncCalls: "fail" },
      { baseline: null, ignoreCauses: [] },
    ),
    {
      budgetMs: 30,
      syncCalls: "fail",
      allow: [inner, outer],
      ignoreCauses: [],
      baseline: null,
    },
  );
  assert.throws(
    () => rulesOf({ syncCalls: "log" as "fail" }),
    { message: /must be "fail" or "ignore", got "log"/ },
  );
});
