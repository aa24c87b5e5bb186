import assert from "node:assert/strict";
import {
  countedSignal,
  fakeTimers,
  turns,
  watch,
} from "./_retry_test_clock.ts";
import { DeadlineError, startDeadline, withDeadline } from "./deadline.ts";

const never = () => new Promise<never>(() => {});

Deno.test("withDeadline() gives what the work returns, and leaves nothing", async () => {
  const { signal, listeners } = countedSignal();
  let during = -1;
  const answer = await withDeadline((inner) => {
    assert.equal(inner.aborted, false);
    during = listeners();
    return 42;
  }, { ms: 1e6, signal });
  // With a real timer: the sanitizer finds one that is left.
  assert.equal(answer, 42);
  assert.equal(during, 1);
  assert.equal(listeners(), 0);
});

Deno.test("withDeadline() throws what the work throws, also before its first await", async () => {
  const error = new Error("No");
  const { signal, listeners } = countedSignal();
  await assert.rejects(
    withDeadline(() => {
      throw error;
    }, { ms: 1e6, signal }),
    error,
  );
  await assert.rejects(
    withDeadline(() => Promise.reject(error), { ms: 1e6, signal }),
    error,
  );
  assert.equal(listeners(), 0);
});

Deno.test("withDeadline() rejects at once when work ignores its signal", async () => {
  using clock = fakeTimers();
  const { signal, listeners } = countedSignal();
  let inner: AbortSignal | undefined;
  const result = watch(withDeadline((given) => {
    inner = given;
    return never();
  }, { ms: 100, signal, name: "discogs" }));
  await clock.pass(99);
  assert.equal(result.state, "pending");
  assert.equal(inner?.aborted, false);
  await clock.pass(1);
  assert.equal(result.state, "rejected");
  const error = result.error as DeadlineError;
  assert.ok(error instanceof DeadlineError && error instanceof DOMException);
  assert.equal(error.name, "TimeoutError");
  assert.equal(
    error.message,
    'Cannot finish "discogs": its 100 ms have passed',
  );
  assert.equal(error.deadlineOf, "discogs");
  assert.equal(error.deadlineMs, 100);
  assert.equal(inner?.reason, error);
  assert.equal(listeners(), 0);
});

Deno.test("withDeadline() throws its own error, whatever the work makes of the abort", async () => {
  using clock = fakeTimers();
  const results = [
    watch(withDeadline((signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("Closed")));
      }), { ms: 100 })),
    watch(withDeadline((signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => resolve("half an answer"));
      }), { ms: 100 })),
  ];
  await clock.pass(100);
  for (const { error } of results) assert.ok(error instanceof DeadlineError);
});

Deno.test("withDeadline() drops what comes too late", async () => {
  using clock = fakeTimers();
  const late = Promise.withResolvers<string>();
  const result = watch(withDeadline(() => late.promise, { ms: 100 }));
  await clock.pass(100);
  assert.equal(result.state, "rejected");
  // An unhandled rejection would fail the test run.
  late.reject(new Error("Too late"));
  await turns();
});

Deno.test("withDeadline() ends with the caller's reason", async () => {
  const { controller, signal, listeners } = countedSignal();
  const reason = new Error("Client left");
  let inner: AbortSignal | undefined;
  const result = withDeadline((given) => {
    inner = given;
    return never();
  }, { ms: 1e6, signal });
  controller.abort(reason);
  await assert.rejects(result, reason);
  assert.equal(inner?.reason, reason);
  assert.equal(listeners(), 0);
});

Deno.test("withDeadline() does not start what is over already", async () => {
  const work = () => assert.fail("Started");
  const reason = new Error("Client left");
  await assert.rejects(
    withDeadline(work, { ms: 100, signal: AbortSignal.abort(reason) }),
    reason,
  );
  for (const ms of [0, -5, -Infinity]) {
    await assert.rejects(withDeadline(work, { ms }), DeadlineError);
  }
});

Deno.test("withDeadline() in another: the shorter wins and is named", async () => {
  using clock = fakeTimers();
  for (
    const [outerMs, innerMs, winner] of [
      [100, 1_000, "outer"],
      [1_000, 100, "inner"],
    ] as const
  ) {
    let seen: unknown;
    const result = watch(
      withDeadline((signal) => {
        const inner = withDeadline(never, {
          ms: innerMs,
          signal,
          name: "inner",
        });
        inner.catch((error) => seen = error);
        return inner;
      }, { ms: outerMs, name: "outer" }),
    );
    await clock.pass(100);
    assert.equal((result.error as DeadlineError).deadlineOf, winner);
    assert.equal(seen, result.error);
  }
});

Deno.test("withDeadline() without an end sets no timer", async () => {
  using clock = fakeTimers();
  for (const ms of [Infinity, 2 ** 31]) {
    const gate = Promise.withResolvers<string>();
    const result = watch(withDeadline(() => gate.promise, { ms }));
    await clock.pass(2 ** 30);
    assert.equal(result.state, "pending");
    gate.resolve("done");
    await turns();
    assert.equal(result.value, "done");
  }
});

Deno.test("withDeadline() refuses what is no time", async () => {
  await assert.rejects(
    withDeadline(() => assert.fail("Started"), { ms: NaN, name: "discogs" }),
    { name: "RangeError", message: /"discogs".*NaN/ },
  );
});

Deno.test("startDeadline() runs until it is disposed of", async () => {
  using clock = fakeTimers();
  const { controller, signal, listeners } = countedSignal();
  const done = startDeadline({ ms: 100, signal });
  done[Symbol.dispose]();
  assert.equal(listeners(), 0);
  controller.abort();
  using running = startDeadline({ ms: 100 });
  assert.ok(running.remainingMs() > 0);
  await clock.pass(100);
  assert.equal(done.passed, false);
  assert.equal(done.signal.aborted, false);
  assert.equal(running.passed, true);
  assert.equal(running.remainingMs(), 0);
  assert.ok(running.signal.reason instanceof DeadlineError);
});

Deno.test("startDeadline() tells the caller's abort from its own end", () => {
  using deadline = startDeadline({
    ms: 100,
    signal: AbortSignal.abort("left"),
  });
  assert.equal(deadline.signal.reason, "left");
  assert.equal(deadline.passed, false);
});

Deno.test("startDeadline() stays as it was disposed of, also during the abort", () => {
  const controller = new AbortController();
  const { signal } = controller;
  using first = startDeadline({ ms: 1e6, signal });
  using second = startDeadline({ ms: 1e6, signal });
  // Whoever hears of the abort first may end the other's work.
  first.signal.addEventListener("abort", () => second[Symbol.dispose]());
  controller.abort("left");
  assert.equal(first.signal.reason, "left");
  assert.equal(second.signal.aborted, false);
});

Deno.test("DeadlineError tells whole milliseconds", () => {
  assert.equal(
    new DeadlineError("search", 99.7).message,
    'Cannot finish "search": its 100 ms have passed',
  );
});
