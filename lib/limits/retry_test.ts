import assert from "node:assert/strict";
import { mock } from "node:test";
import {
  countedSignal,
  fakeTimers,
  turns,
  watch,
} from "./_retry_test_clock.ts";
import { retry, type RetryReport } from "./retry.ts";

const exact = { jitter: [1, 1] } as const;

function busy(retryAfterMs: number): Error {
  return Object.assign(new Error("Busy"), { retryAfterMs });
}

Deno.test("retry() tries again after pauses that double, up to the longest", async () => {
  using clock = fakeTimers();
  const reports: RetryReport[] = [];
  const attempts: number[] = [];
  const result = watch(retry(({ attempt }) => {
    attempts.push(attempt);
    if (attempt < 5) throw new Error(`No ${attempt}`);
    return "done";
  }, {
    ...exact,
    attempts: 5,
    maxDelayMs: 3_000,
    onRetry: (report) => reports.push(report),
  }));
  for (const [i, ms] of [1_000, 2_000, 3_000, 3_000].entries()) {
    await clock.pass(ms - 1);
    assert.equal(attempts.length, i + 1);
    await clock.pass(1);
    assert.equal(attempts.length, i + 2);
  }
  assert.deepEqual(result, { state: "fulfilled", value: "done" });
  assert.deepEqual(attempts, [1, 2, 3, 4, 5]);
  assert.deepEqual(
    reports.map(({ attempt, delayMs, error }) => [
      attempt,
      delayMs,
      (error as Error).message,
    ]),
    [[1, 1_000, "No 1"], [2, 2_000, "No 2"], [3, 3_000, "No 3"], [
      4,
      3_000,
      "No 4",
    ]],
  );
});

Deno.test("retry() spreads the pauses, never beyond the longest", async () => {
  using clock = fakeTimers();
  const random = mock.method(Math, "random", () => 0);
  for (
    const [value, delays] of [[0, [500, 1_000, 1_000]], [1, [
      1_500,
      3_000,
      3_000,
    ]]] as const
  ) {
    random.mock.mockImplementation(() => value);
    const seen: number[] = [];
    const result = watch(retry(() => {
      throw new Error("No");
    }, {
      attempts: 4,
      maxDelayMs: 3_000,
      onRetry: ({ delayMs }) => seen.push(delayMs),
    }));
    for (let i = 0; i < 3; i++) await clock.pass(3_000);
    assert.equal(result.state, "rejected");
    assert.deepEqual(seen, delays);
  }
  random.mock.restore();
});

Deno.test("retry() throws the last error itself, with its cause", async () => {
  using clock = fakeTimers();
  const cause = new Error("Connection refused");
  const thrown: Error[] = [];
  const result = watch(retry(async ({ attempt }) => {
    await Promise.resolve();
    thrown.push(new Error(`No ${attempt}`, { cause }));
    throw thrown.at(-1);
  }));
  for (let i = 0; i < 2; i++) await clock.pass(30_000);
  assert.equal(thrown.length, 3);
  assert.equal(result.error, thrown[2]);
  assert.equal((result.error as Error).cause, cause);
});

Deno.test("retry() gives up at once on what is not retriable", async () => {
  const error = new Error("Not found");
  let calls = 0;
  await assert.rejects(
    retry(() => {
      calls++;
      throw error;
    }, { isRetriable: (given) => given !== error }),
    error,
  );
  assert.equal(calls, 1);
});

Deno.test("retry() takes an AbortError as wanted, a TimeoutError as a failure", async () => {
  using clock = fakeTimers();
  for (
    const [name, expected] of [["AbortError", 1], ["TimeoutError", 3]] as const
  ) {
    let calls = 0;
    const result = watch(retry(() => {
      calls++;
      throw new DOMException("No", name);
    }));
    for (let i = 0; i < 2; i++) await clock.pass(30_000);
    assert.equal(result.state, "rejected");
    assert.equal(calls, expected, name);
  }
});

Deno.test("retry() waits as long as the other side asks", async () => {
  using clock = fakeTimers();
  let calls = 0;
  const result = watch(retry(() => {
    if (calls++ === 0) throw busy(40_000);
    return "done";
  }, exact));
  await clock.pass(39_999);
  assert.equal(calls, 1);
  await clock.pass(1);
  assert.deepEqual(result, { state: "fulfilled", value: "done" });
});

Deno.test("retry() does not come back before its own pause either", async () => {
  using clock = fakeTimers();
  let calls = 0;
  const result = watch(retry(() => {
    if (calls++ === 0) throw new Error("No");
    return "done";
  }, { ...exact, retryAfter: () => 10 }));
  await clock.pass(999);
  assert.equal(calls, 1);
  await clock.pass(1);
  assert.equal(result.state, "fulfilled");
});

Deno.test("retry() gives up when asked to wait too long", async () => {
  const error = busy(60_001);
  let calls = 0;
  await assert.rejects(
    retry(() => {
      calls++;
      throw error;
    }),
    error,
  );
  assert.equal(calls, 1);
});

Deno.test("retry() takes a retryAfter that is no number as none", async () => {
  using clock = fakeTimers();
  let calls = 0;
  const result = watch(
    retry(() => {
      calls++;
      throw new Error("No");
    }, { ...exact, attempts: 2, retryAfter: () => NaN }),
  );
  await clock.pass(999);
  assert.equal(calls, 1);
  await clock.pass(1);
  assert.equal(result.state, "rejected");
});

Deno.test("retry() ends at once when aborted in the pause, and leaves nothing", async () => {
  const { controller, signal, listeners } = countedSignal();
  const reason = new Error("Enough");
  let calls = 0;
  const result = retry(() => {
    calls++;
    throw new Error("No");
  }, { signal, minDelayMs: 1e6, maxDelayMs: 1e6 });
  await turns();
  assert.equal(listeners(), 1);
  // With real timers: the sanitizer finds one that is left.
  controller.abort(reason);
  await assert.rejects(result, reason);
  assert.equal(calls, 1);
  assert.equal(listeners(), 0);
});

Deno.test("retry() lets go of the signal after each pause", async () => {
  using clock = fakeTimers();
  const { signal, listeners } = countedSignal();
  const result = watch(retry(() => {
    throw new Error("No");
  }, { signal }));
  for (let i = 0; i < 2; i++) await clock.pass(30_000);
  assert.equal(result.state, "rejected");
  assert.equal(listeners(), 0);
});

Deno.test("retry() throws the caller's reason, whatever the work makes of it", async () => {
  const controller = new AbortController();
  const reason = new Error("Enough");
  await assert.rejects(
    retry(({ signal }) => {
      assert.equal(signal, controller.signal);
      controller.abort(reason);
      throw new Error("Socket closed");
    }, { signal: controller.signal, attempts: 1 }),
    reason,
  );
});

Deno.test("retry() does not start when aborted, nor pause when onRetry aborts", async () => {
  using _clock = fakeTimers();
  const controller = new AbortController();
  const reason = new Error("Enough");
  let calls = 0;
  const options = {
    signal: controller.signal,
    onRetry: () => controller.abort(reason),
  };
  const work = () => {
    calls++;
    throw new Error("No");
  };
  for (let i = 0; i < 2; i++) {
    const result = watch(retry(work, options));
    await turns();
    assert.equal(result.error, reason);
  }
  assert.equal(calls, 1);
});

Deno.test("retry() gives the work a signal also without a caller's", async () => {
  assert.equal(await retry(({ signal }) => signal.aborted), false);
});

Deno.test("retry() refuses options out of range", async () => {
  for (
    const options of [
      { attempts: 0 },
      { attempts: NaN },
      { minDelayMs: -1 },
      { maxDelayMs: NaN },
      { factor: 0.5 },
      { jitter: [2, 1] as const },
      { jitter: [0, 0] as const },
      { jitter: [-1, 1] as const },
    ]
  ) {
    await assert.rejects(
      retry(() => assert.fail("Called"), options),
      RangeError,
      JSON.stringify(options),
    );
  }
});
