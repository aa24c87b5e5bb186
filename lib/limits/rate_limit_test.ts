import assert from "node:assert/strict";
import fc from "fast-check";
import { createRateLimit } from "./rate_limit.ts";
import { settled, TestClock } from "./_test_clock.ts";

Deno.test("createRateLimit() gives in no time more tokens than came and were saved", async () => {
  const take = fc.record({
    tokens: fc.integer({ min: 1, max: 5 }),
    afterMs: fc.constantFrom(0, 0, 7, 100, 350),
    abort: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(take, { maxLength: 40, size: "max" }),
      fc.integer({ min: 5, max: 12 }),
      async (takes, burst) => {
        const clock = new TestClock();
        const rate = createRateLimit("r", {
          tokens: 10,
          perMs: 1_000,
          burst,
          clock,
        });
        const given: { id: number; at: number; tokens: number }[] = [];
        const pending: Promise<unknown>[] = [];
        let aborted = 0;
        for (const [id, { tokens, afterMs, abort }] of takes.entries()) {
          const controller = new AbortController();
          const { signal } = controller;
          pending.push(
            rate.take(tokens, { signal }).then(
              () => given.push({ id, at: clock.now(), tokens }),
              () => aborted++,
            ),
          );
          await clock.advance(afterMs);
          if (abort) controller.abort();
        }
        await clock.advance(takes.length * 500);
        await Promise.all(pending);
        assert.equal(given.length + aborted, takes.length);
        assert.deepEqual(given, given.toSorted((a, b) => a.id - b.id));
        for (const [from, { at }] of given.entries()) {
          let sum = 0;
          for (const later of given.slice(from)) {
            sum += later.tokens;
            const most = burst + (later.at - at) * 10 / 1_000;
            assert.ok(sum <= most + 1e-6, `${sum} of ${most}`);
          }
        }
        assert.equal(clock.timers, 0);
        assert.equal(rate.stats().queue_depth, 0);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("take() is served as soon as its tokens are there", async () => {
  const clock = new TestClock();
  const rate = createRateLimit("r", { tokens: 2, perMs: 1_000, clock });
  const start = clock.now();
  const at: number[] = [];
  const takes = Array.from(
    { length: 6 },
    () => rate.take().then(() => at.push(Math.round(clock.now() - start))),
  );
  await clock.advance(5_000);
  await Promise.all(takes);
  assert.deepEqual(at, [0, 0, 500, 1_000, 1_500, 2_000]);
  assert.equal(clock.timers, 0);
});

Deno.test("tryTake() overtakes no one who waits", async () => {
  const clock = new TestClock();
  const rate = createRateLimit("r", { tokens: 10, perMs: 1_000, clock });
  assert.equal(rate.tryTake(8), true);
  const big = rate.take(10);
  await settled();
  assert.equal(rate.tryTake(1), false);
  await clock.advance(800);
  await big;
  assert.equal(rate.tryTake(1), false);
  await clock.advance(100);
  assert.equal(rate.tryTake(1), true);
});

Deno.test("an abort of the first lets the next go on who needs less", async () => {
  const clock = new TestClock();
  const rate = createRateLimit("r", { tokens: 10, perMs: 1_000, clock });
  rate.tryTake(8);
  const controller = new AbortController();
  const big = rate.take(10, { signal: controller.signal });
  const small = rate.take(2);
  await settled();
  controller.abort(new Error("gone"));
  await assert.rejects(big, { message: "gone" });
  await small;
  assert.equal(clock.timers, 0);
});

Deno.test("one abort of several waiters ends none that it let through", async () => {
  const clock = new TestClock();
  const rate = createRateLimit("r", { tokens: 10, perMs: 1_000, clock });
  rate.tryTake(9);
  const controller = new AbortController();
  const { signal } = controller;
  const outcomes = Promise.allSettled([
    rate.take(10, { signal }),
    rate.take(1, { signal }),
    rate.take(10, { signal }),
  ]);
  await settled();
  controller.abort();
  assert.deepEqual((await outcomes).map(({ status }) => status), [
    "rejected",
    "fulfilled",
    "rejected",
  ]);
  assert.equal(rate.stats().queue_depth, 0);
  assert.equal(clock.timers, 0);
});

Deno.test("take() serves a higher priority first", async () => {
  const clock = new TestClock();
  const rate = createRateLimit("r", { tokens: 1, perMs: 10, clock });
  await rate.take();
  const order: number[] = [];
  const takes = [0, 1].map((priority) =>
    rate.take(1, { priority }).then(() => order.push(priority))
  );
  await clock.advance(30);
  await Promise.all(takes);
  assert.deepEqual(order, [1, 0]);
});

Deno.test("take() times out with what is missing", async () => {
  const clock = new TestClock();
  const rate = createRateLimit("spotify", { tokens: 2, perMs: 60_000, clock });
  rate.tryTake(2);
  const failed = rate.take(1, { timeoutMs: 500 }).catch((error) => error);
  await clock.advance(500);
  assert.equal(
    (await failed).message,
    "Cannot take spotify within 500 ms: 0 of 2 tokens left, enough in 29.5 s",
  );
});

Deno.test("createRateLimit() refuses what it cannot count", async () => {
  for (
    const options of [
      { tokens: 0, perMs: 1 },
      { tokens: 1, perMs: NaN },
      { tokens: 1, perMs: 1, burst: -1 },
    ]
  ) {
    assert.throws(() => createRateLimit("r", options), RangeError);
  }
  const rate = createRateLimit("r", { tokens: 2, perMs: 1 });
  await assert.rejects(rate.take(3), {
    message: "Cannot take 3 tokens of r: it takes from above 0 to 2 at once",
  });
  assert.throws(() => rate.tryTake(0), RangeError);
});
