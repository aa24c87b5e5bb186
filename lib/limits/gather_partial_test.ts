import assert from "node:assert/strict";
import {
  countedSignal,
  fakeTimers,
  turns,
  watch,
} from "./_retry_test_clock.ts";
import { DeadlineError } from "./deadline.ts";
import { gatherPartial, type SourceOutcome } from "./gather_partial.ts";

const never = () => new Promise<never>(() => {});

Deno.test("gatherPartial() gives every source's answer, typed by its source", async () => {
  const gathered = await gatherPartial({
    genes: () => Promise.resolve(["BRCA1"]),
    count: () => 3,
  }, { deadlineMs: 1e6 });
  const { genes, count } = gathered.results;
  // They compile only if each outcome has the type of its own source.
  const typed: [SourceOutcome<string[]>, SourceOutcome<number>] = [
    genes,
    count,
  ];
  assert.ok(typed.every(({ latency_ms }) => latency_ms >= 0));
  assert.deepEqual(genes.status === "ok" && genes.value, ["BRCA1"]);
  assert.deepEqual(count.status === "ok" && count.value, 3);
  assert.deepEqual(gathered.ok, ["genes", "count"]);
  assert.deepEqual(gathered.failed, []);
  assert.equal(gathered.complete, true);
});

Deno.test("gatherPartial() keeps what failed as it failed", async () => {
  const rejected = new Error("Connection refused");
  const thrown = new Error("No key");
  const { results, ok, failed, complete } = await gatherPartial({
    a: () => Promise.reject(rejected),
    b: () => {
      throw thrown;
    },
    c: () => undefined,
  }, { deadlineMs: 1e6 });
  assert.equal(results.a.status === "error" && results.a.error, rejected);
  assert.equal(results.b.status === "error" && results.b.error, thrown);
  assert.deepEqual([ok, failed, complete], [["c"], ["a", "b"], false]);
});

Deno.test("gatherPartial() comes back at its deadline, though a source does not", async () => {
  using clock = fakeTimers();
  const { signal, listeners } = countedSignal();
  const late = Promise.withResolvers<string>();
  let stopped: AbortSignal | undefined;
  const result = watch(gatherPartial({
    good: () => "here",
    late: (inner) => {
      stopped = inner;
      return late.promise;
    },
    never,
  }, { deadlineMs: 1_000, signal, name: "search" }));
  await clock.pass(999);
  assert.equal(result.state, "pending");
  assert.equal(stopped?.aborted, false);
  await clock.pass(1);
  const { results, ok, failed, complete } = result.value!;
  assert.deepEqual([ok, failed], [["good"], ["late", "never"]]);
  assert.equal(complete, false);
  assert.ok(results.late.status === "timeout");
  assert.ok(results.late.error instanceof DeadlineError);
  assert.equal(results.late.error.deadlineOf, "search");
  assert.equal(stopped?.aborted, true);
  assert.equal(listeners(), 0);
  // An unhandled rejection would fail the test run.
  late.reject(new Error("Too late"));
  await turns();
  assert.equal(results.late.status, "timeout");
});

Deno.test("gatherPartial() gives each source its own limit within the overall one", async () => {
  using clock = fakeTimers();
  const result = watch(gatherPartial({ a: never, b: never, c: never }, {
    deadlineMs: 1_000,
    perSourceMs: { a: 200, b: 5_000 },
  }));
  await clock.pass(1_000);
  const { a, b, c } = result.value!.results;
  assert.deepEqual(
    [a, b, c].map((outcome) =>
      outcome.status === "timeout" && outcome.error.message
    ),
    [
      'Cannot finish "a": its 200 ms have passed',
      'Cannot finish "all sources": its 1000 ms have passed',
      'Cannot finish "all sources": its 1000 ms have passed',
    ],
  );
});

Deno.test("gatherPartial() is done as soon as the limits of all sources have passed", async () => {
  using clock = fakeTimers();
  const result = watch(
    gatherPartial({ a: never, b: () => 1 }, {
      deadlineMs: 1_000,
      perSourceMs: 200,
    }),
  );
  await clock.pass(200);
  assert.deepEqual(result.value?.failed, ["a"]);
});

Deno.test("gatherPartial() calls a time-out within a source a time-out", async () => {
  const error = new DOMException("Signal timed out", "TimeoutError");
  const { results } = await gatherPartial({
    a: () => Promise.reject(error),
  }, { deadlineMs: 1e6 });
  assert.equal(results.a.status === "timeout" && results.a.error, error);
});

Deno.test("gatherPartial() ends with the caller's reason, and all sources with it", async () => {
  const { controller, signal, listeners } = countedSignal();
  const reason = new Error("Client left");
  let stopped: AbortSignal | undefined;
  const result = gatherPartial({
    a: () => 1,
    b: (inner) => {
      stopped = inner;
      return never();
    },
  }, { deadlineMs: 1e6, signal });
  await turns();
  controller.abort(reason);
  await assert.rejects(result, reason);
  assert.equal(stopped?.reason, reason);
  assert.equal(listeners(), 0);
});

Deno.test("gatherPartial() starts nothing when it is over already", async () => {
  const sources = { a: () => assert.fail("Started") };
  const reason = new Error("Client left");
  await assert.rejects(
    gatherPartial(sources, {
      deadlineMs: 1,
      signal: AbortSignal.abort(reason),
    }),
    reason,
  );
  const { results } = await gatherPartial(sources, { deadlineMs: 0 });
  assert.equal(results.a.status, "timeout");
});

Deno.test("gatherPartial() refuses what is no time before it starts a source", async () => {
  const sources = { a: () => assert.fail("Started"), b: () => 1 };
  for (
    const options of [
      { deadlineMs: NaN },
      { deadlineMs: 1, perSourceMs: NaN },
      { deadlineMs: 1, perSourceMs: { b: NaN } },
    ]
  ) {
    await assert.rejects(gatherPartial(sources, options), {
      name: "RangeError",
      message: /NaN/,
    });
  }
});

Deno.test("gatherPartial() takes any name, and no sources", async () => {
  const sources = { ["__proto__"]: () => 1, toString: () => 2 };
  const { results, ok } = await gatherPartial(sources, {
    deadlineMs: 1e6,
    perSourceMs: {},
  });
  assert.deepEqual(ok, ["__proto__", "toString"]);
  assert.equal(Object.hasOwn(results, "__proto__"), true);
  assert.equal(results.toString.status, "ok");
  const none = await gatherPartial({}, { deadlineMs: 1e6 });
  assert.deepEqual(none, { results: {}, complete: true, ok: [], failed: [] });
});
