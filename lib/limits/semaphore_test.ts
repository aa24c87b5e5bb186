import assert from "node:assert/strict";
import fc from "fast-check";
import { LimitTimeoutError } from "./errors.ts";
import { createSemaphore } from "./semaphore.ts";
import { settled, TestClock } from "./_test_clock.ts";
import type { Permit } from "./types.ts";

/** One caller: what it waits with and what it got. */
class Caller {
  readonly controller = new AbortController();
  state: "waits" | "holds" | "aborted" | "done" = "waits";
  permit: Permit | undefined;

  constructor(
    readonly id: number,
    readonly priority: number,
    acquire: (signal: AbortSignal, priority: number) => Promise<Permit>,
  ) {
    acquire(this.controller.signal, priority).then((permit) => {
      this.permit = permit;
      this.state = "holds";
    }, () => this.state = "aborted");
  }
}

type Step =
  | { do: "acquire"; priority: number }
  | { do: "release" | "abort"; who: number }
  | { do: "both"; who: number; whom: number; releaseFirst: boolean };

const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({
      do: fc.constant("acquire" as const),
      priority: fc.constantFrom(0, 0, 0, 1, -1),
    }),
    fc.record({
      do: fc.constantFrom("release" as const, "abort" as const),
      who: fc.nat(),
    }),
    fc.record({
      do: fc.constant("both" as const),
      who: fc.nat(),
      whom: fc.nat(),
      releaseFirst: fc.boolean(),
    }),
  ),
  { maxLength: 60, size: "max" },
);

Deno.test("createSemaphore() serves any mix of takers, releases and aborts as a list would", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 3 }),
      steps,
      async (limit, steps) => {
        const semaphore = createSemaphore("s", { limit });
        const callers: Caller[] = [];
        // The oracle: plain lists of ids.
        const waits: Caller[] = [];
        const holds = new Set<Caller>();
        const serve = () => {
          while (holds.size < limit && waits.length > 0) {
            const best = Math.max(...waits.map(({ priority }) => priority));
            const next = waits.findIndex(({ priority }) => priority === best);
            holds.add(waits.splice(next, 1)[0]!);
          }
        };
        const pick = (state: Caller["state"], nat: number) => {
          const those = callers.filter((caller) => caller.state === state);
          return those[nat % those.length];
        };
        const release = (caller: Caller | undefined) => {
          if (caller === undefined) return;
          caller.state = "done";
          caller.permit!.release();
          caller.permit!.release();
          holds.delete(caller);
          serve();
        };
        const abort = (caller: Caller | undefined) => {
          if (caller === undefined) return;
          caller.controller.abort();
          const at = waits.indexOf(caller);
          if (at >= 0) waits.splice(at, 1);
        };
        for (const step of steps) {
          if (step.do === "acquire") {
            const caller = new Caller(
              callers.length,
              step.priority,
              (signal, priority) => semaphore.acquire({ signal, priority }),
            );
            callers.push(caller);
            waits.push(caller);
            serve();
          } else if (step.do !== "both") {
            if (step.do === "release") release(pick("holds", step.who));
            else abort(pick("waits", step.who));
          } else {
            // In one stretch, so that grant and abort race.
            const [holder, waiter] = [
              pick("holds", step.who),
              pick("waits", step.whom),
            ];
            if (step.releaseFirst) release(holder);
            abort(waiter);
            if (!step.releaseFirst) release(holder);
          }
          await settled();
          assert.deepEqual(
            callers.filter(({ state }) => state === "holds").map((c) => c.id),
            callers.filter((caller) => holds.has(caller)).map((c) => c.id),
          );
          const { concurrent, queue_depth } = semaphore.stats();
          assert.equal(concurrent, holds.size);
          assert.equal(queue_depth, waits.length);
          assert.ok(concurrent <= limit);
        }
        for (let any = pick("waits", 0); any; any = pick("waits", 0)) {
          abort(any);
          await settled();
        }
        for (let any = pick("holds", 0); any; any = pick("holds", 0)) {
          release(any);
          await settled();
        }
        for (let n = 0; n < limit; n++) assert.ok(semaphore.tryAcquire());
        assert.equal(semaphore.tryAcquire(), undefined);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("createSemaphore() hands a permit on: neither a newcomer nor tryAcquire() overtakes", async () => {
  const semaphore = createSemaphore("s", { limit: 1 });
  const order: string[] = [];
  const first = await semaphore.acquire();
  const second = semaphore.acquire().then((permit) => {
    order.push("second");
    return permit;
  });
  first.release();
  assert.equal(semaphore.tryAcquire(), undefined);
  const third = semaphore.acquire().then((permit) => {
    order.push("third");
    return permit;
  });
  (await second).release();
  (await third).release();
  assert.deepEqual(order, ["second", "third"]);
});

Deno.test("createSemaphore() gives a permit to whoever was aborted just after it was granted", async () => {
  const semaphore = createSemaphore("s", { limit: 1 });
  const controller = new AbortController();
  const held = await semaphore.acquire();
  const waits = semaphore.acquire({ signal: controller.signal });
  held.release();
  controller.abort();
  {
    using _permit = await waits;
    assert.equal(semaphore.stats().concurrent, 1);
  }
  assert.equal(semaphore.stats().concurrent, 0);
});

Deno.test("run() does not start work that was aborted just after its permit was granted", async () => {
  const semaphore = createSemaphore("s", { limit: 1 });
  const controller = new AbortController();
  const held = await semaphore.acquire();
  let started = 0;
  const waits = semaphore.run(() => started++, { signal: controller.signal });
  await settled();
  held.release();
  controller.abort(new Error("gone"));
  await assert.rejects(waits, { message: "gone" });
  assert.equal(started, 0);
  assert.equal(semaphore.stats().concurrent, 0);
});

Deno.test("acquire() rejects with the signal's reason, before and during the wait", async () => {
  const semaphore = createSemaphore("s", { limit: 1 });
  const aborted = AbortSignal.abort(new Error("never mind"));
  await assert.rejects(semaphore.acquire({ signal: aborted }), {
    message: "never mind",
  });
  using _permit = await semaphore.acquire();
  const controller = new AbortController();
  const waits = semaphore.acquire({ signal: controller.signal });
  controller.abort(new Error("later"));
  await assert.rejects(waits, { message: "later" });
  assert.equal(semaphore.stats().queue_depth, 0);
});

Deno.test("acquire() times out with who holds it", async () => {
  const clock = new TestClock();
  const semaphore = createSemaphore("discogs", { limit: 2, clock });
  using _a = await semaphore.acquire({ holder: "job 41" });
  await clock.advance(3_000);
  using _b = await semaphore.acquire({ holder: "job 42" });
  const waits = semaphore.acquire({ timeoutMs: 500 });
  const failed = waits.then(() => undefined, (error) => error);
  await clock.advance(499);
  assert.equal(semaphore.stats().queue_depth, 1);
  await clock.advance(1);
  const error = await failed;
  assert.ok(error instanceof LimitTimeoutError);
  assert.equal(
    error.message,
    "Cannot take discogs within 500 ms: 2 of 2 taken, held by job 41 for 3.5 s; by job 42 for 500 ms",
  );
  const { limit, key, waitedMs, heldBy } = error;
  assert.deepEqual({ limit, key, waitedMs, heldBy }, {
    limit: "discogs",
    key: null,
    waitedMs: 500,
    heldBy: [{ holder: "job 41", ms: 3_500 }, { holder: "job 42", ms: 500 }],
  });
  assert.equal(semaphore.stats().queue_depth, 0);
  assert.equal(clock.timers, 0);
});

Deno.test("acquire() that is served stops its time-out", async () => {
  const clock = new TestClock();
  const semaphore = createSemaphore("s", { limit: 1, clock });
  const held = await semaphore.acquire();
  const waits = semaphore.acquire({ timeoutMs: 500 });
  await clock.advance(200);
  held.release();
  using permit = await waits;
  assert.equal(permit.waitedMs, 200);
  assert.equal(clock.timers, 0);
});

Deno.test("acquire() refuses options that are no numbers", async () => {
  const semaphore = createSemaphore("s", { limit: 1 });
  await assert.rejects(semaphore.acquire({ timeoutMs: -1 }), RangeError);
  await assert.rejects(semaphore.acquire({ timeoutMs: NaN }), RangeError);
  await assert.rejects(semaphore.acquire({ priority: NaN }), RangeError);
  for (const limit of [0, -1, 1.5, NaN, Infinity]) {
    assert.throws(() => createSemaphore("s", { limit }), {
      name: "RangeError",
      message:
        `Cannot make semaphore "s": limit is ${limit}, not a whole number from 1`,
    });
  }
});

Deno.test("run() counts what succeeded and what threw", async () => {
  const clock = new TestClock();
  const semaphore = createSemaphore("s", { limit: 1, clock });
  assert.equal(await semaphore.run(() => 7), 7);
  await assert.rejects(
    semaphore.run(() => {
      throw new Error("at once");
    }),
    { message: "at once" },
  );
  await assert.rejects(
    semaphore.run(() => Promise.reject(new Error("later"))),
    { message: "later" },
  );
  const slow = semaphore.run(async () => {
    await clock.advance(40);
  });
  const waits = semaphore.run(() => "after it");
  await slow;
  assert.equal(await waits, "after it");
  await clock.advance(960);
  assert.deepEqual(semaphore.stats(), {
    name: "s",
    kind: "semaphore",
    limit: 1,
    concurrent: 0,
    queue_depth: 0,
    completed: 3,
    failed: 2,
    throughput_per_s: 5,
    wait_ms: { p50: 0, p99: 40 },
    run_ms: { p50: 0, p99: 40 },
    held_by: [],
  });
  await clock.advance(60_000);
  assert.equal(semaphore.stats().throughput_per_s, 0);
});

Deno.test("stats() names the ten who hold longest", async () => {
  const clock = new TestClock();
  const semaphore = createSemaphore("s", { limit: 20, clock });
  const permits: Permit[] = [];
  for (let n = 0; n < 15; n++) {
    permits.push(await semaphore.acquire({ holder: `job ${n}` }));
    await clock.advance(10);
  }
  permits[0]!.release();
  const { held_by } = semaphore.stats();
  assert.equal(held_by.length, 10);
  assert.deepEqual(held_by[0], { holder: "job 1", ms: 140 });
});

Deno.test("many waiters under one signal put one listener on it", async () => {
  const semaphore = createSemaphore("s", { limit: 1 });
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>) => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>) => {
    listeners--;
    remove(...args);
  };
  const held = await semaphore.acquire();
  const waits = Array.from(
    { length: 1000 },
    () => semaphore.acquire({ signal }),
  );
  await settled();
  assert.equal(listeners, 1);
  held.release();
  (await waits[0]!).release();
  using _second = await waits[1]!;
  const rest = Promise.allSettled(waits.slice(2));
  controller.abort(new Error("cancelled"));
  const outcomes = await rest;
  assert.ok(outcomes.every(({ status }) => status === "rejected"));
  assert.equal(semaphore.stats().queue_depth, 0);
});
