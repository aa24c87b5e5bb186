import assert from "node:assert/strict";
import fc from "fast-check";
import { createHostLimits } from "./host_limits.ts";
import { settled, TestClock } from "./_test_clock.ts";
import type { HostLimits, Permit } from "./types.ts";

interface Caller {
  readonly host: string;
  readonly priority: number;
  readonly controller: AbortController;
  state: "waits" | "holds" | "over";
  permit?: Permit;
}

function call(limits: HostLimits, host: string, priority = 0): Caller {
  const controller = new AbortController();
  const caller: Caller = { host, priority, controller, state: "waits" };
  limits.acquire(host, { priority, signal: controller.signal }).then(
    (permit) => {
      caller.state = "holds";
      caller.permit = permit;
    },
    () => caller.state = "over",
  );
  return caller;
}

/** What the limits should do, by looking through lists. */
class Oracle {
  readonly waits: Caller[] = [];
  readonly holds = new Set<Caller>();
  readonly starts = new Map<string, number>();

  constructor(
    readonly total: number,
    readonly perHost: (host: string) => number,
    readonly delayMs: (host: string) => number,
  ) {}

  serve(now: number): void {
    const mayStart = ({ host }: Caller) =>
      this.holds.size < this.total &&
      [...this.holds].filter((one) => one.host === host).length <
        this.perHost(host) &&
      now >= (this.starts.get(host) ?? -Infinity) + this.delayMs(host);
    while (true) {
      const able = this.waits.filter(mayStart);
      const best = Math.max(...able.map(({ priority }) => priority));
      const next = able.find(({ priority }) => priority === best);
      if (next === undefined) return;
      this.waits.splice(this.waits.indexOf(next), 1);
      this.holds.add(next);
      this.starts.set(next.host, now);
    }
  }
}

const steps = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant("call" as const),
        host: fc.constantFrom("a", "b", "c", "d"),
        priority: fc.constantFrom(0, 0, 0, 1),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constantFrom("release" as const, "abort" as const),
        who: fc.nat(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("advance" as const),
        ms: fc.constantFrom(1, 9, 10, 11, 50),
      }),
    },
  ),
  { maxLength: 80, size: "max" },
);

Deno.test("createHostLimits() serves any mix of hosts, delays, releases and aborts as lists would", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 3 }),
      steps,
      async (total, perHost, steps) => {
        const clock = new TestClock();
        const delayMs = (host: string) => host === "b" ? 10 : 0;
        const limits = createHostLimits("h", {
          total,
          perHost,
          delayMs,
          overrides: { c: { perHost: 1, delayMs: 20 } },
          clock,
        });
        const oracle = new Oracle(
          total,
          (host) => host === "c" ? 1 : perHost,
          (host) => host === "c" ? 20 : delayMs(host),
        );
        const callers: Caller[] = [];
        const pick = (state: Caller["state"], nat: number) => {
          const those = callers.filter((caller) => caller.state === state);
          return those[nat % those.length];
        };
        const release = (caller: Caller) => {
          caller.state = "over";
          caller.permit!.release();
          caller.permit!.release();
          oracle.holds.delete(caller);
        };
        const check = async () => {
          oracle.serve(clock.now());
          await settled();
          const holding = callers.filter(({ state }) => state === "holds");
          assert.deepEqual(
            holding.map((caller) => callers.indexOf(caller)),
            [...oracle.holds].map((caller) => callers.indexOf(caller))
              .sort((a, b) => a - b),
          );
          const { concurrent, queue_depth } = limits.stats();
          assert.equal(concurrent, oracle.holds.size);
          assert.equal(queue_depth, oracle.waits.length);
          for (const host of limits.hostStats()) {
            assert.ok(host.concurrent <= host.limit!);
          }
        };
        for (const step of steps) {
          if (step.do === "call") {
            const caller = call(limits, step.host, step.priority);
            callers.push(caller);
            oracle.waits.push(caller);
          } else if (step.do === "advance") {
            for (let ms = 0; ms < step.ms; ms++) {
              await clock.advance(1);
              await check();
            }
          } else if (step.do === "release") {
            const caller = pick("holds", step.who);
            if (caller !== undefined) release(caller);
          } else {
            const caller = pick("waits", step.who);
            caller?.controller.abort();
            if (caller !== undefined) {
              oracle.waits.splice(oracle.waits.indexOf(caller), 1);
            }
          }
          await check();
        }
        for (const { controller } of callers) controller.abort();
        await settled();
        for (const caller of callers) {
          if (caller.state === "holds") release(caller);
        }
        await clock.advance(20);
        assert.equal(limits.size, 0);
        assert.equal(clock.timers, 0);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("a delay of one host holds up no other: 100 hosts are served side by side", async () => {
  const clock = new TestClock();
  const limits = createHostLimits("crawl", {
    total: 100,
    delayMs: 2_000,
    clock,
  });
  const start = clock.now();
  const starts = new Map<number, number>();
  const runs = Array.from(
    { length: 300 },
    (_, n) =>
      limits.run(`host ${n % 100}`, () => {
        const at = clock.now() - start;
        starts.set(at, (starts.get(at) ?? 0) + 1);
      }),
  );
  await clock.advance(10_000);
  await Promise.all(runs);
  assert.deepEqual([...starts], [[0, 100], [2_000, 100], [4_000, 100]]);
  assert.equal(limits.size, 0);
});

Deno.test("who waits for a host or its delay takes no place of the others", async () => {
  const clock = new TestClock();
  const limits = createHostLimits("h", {
    total: 2,
    perHost: 1,
    overrides: { slow: { delayMs: 1_000 } },
    clock,
  });
  (await limits.acquire("slow")).release();
  const waits = [call(limits, "slow"), call(limits, "slow")];
  await settled();
  assert.equal(limits.stats().queue_depth, 2);
  using _a = await limits.acquire("a");
  using _b = await limits.acquire("b");
  await clock.advance(5_000);
  assert.deepEqual(waits.map(({ state }) => state), ["waits", "waits"]);
  _a.release();
  await settled();
  assert.deepEqual(waits.map(({ state }) => state), ["holds", "waits"]);
  waits[0]!.permit!.release();
  await clock.advance(1_000);
  waits[1]!.permit!.release();
});

Deno.test("a free place goes to the oldest waiter that may have it, not to a newcomer", async () => {
  const clock = new TestClock();
  const limits = createHostLimits("h", {
    total: 1,
    overrides: { slow: { delayMs: 100 } },
    clock: {
      now: () => clock.now(),
      // A loop that is busy: no timer fires in time.
      after: () => ({ [Symbol.dispose]: () => {} }),
      every: clock.every,
    },
  });
  (await limits.acquire("slow")).release();
  const old = call(limits, "slow");
  await clock.advance(200);
  const newcomer = call(limits, "other");
  await settled();
  assert.deepEqual([old.state, newcomer.state], ["holds", "waits"]);
  old.permit!.release();
  await settled();
  newcomer.permit!.release();
});

Deno.test("createHostLimits() asks a delay function for each request", async () => {
  const clock = new TestClock();
  const delays = [30, 10, 20];
  const limits = createHostLimits("h", {
    delayMs: () => delays.shift()!,
    clock,
  });
  const start = clock.now();
  const starts: number[] = [];
  const runs = [1, 2, 3].map(() =>
    limits.run("a", () => void starts.push(clock.now() - start))
  );
  await clock.advance(100);
  await Promise.all(runs);
  assert.deepEqual(starts, [0, 30, 40]);
});

Deno.test("createHostLimits() refuses a delay that is no time, and keeps its order", async () => {
  const limits = createHostLimits("h", {
    delayMs: (host) => host === "bad" ? NaN : 0,
  });
  await assert.rejects(limits.acquire("bad"), {
    name: "RangeError",
    message: 'Cannot take h "bad": delayMs is NaN, not a finite number from 0',
  });
  assert.equal(limits.size, 0);
  assert.throws(() => createHostLimits("h", { total: 0 }), {
    message:
      'Cannot make host limits "h": total is 0, not a whole number from 1',
  });
  assert.throws(
    () => createHostLimits("h", { overrides: { a: { perHost: 0.5 } } }),
    { name: "RangeError" },
  );
});

Deno.test("hostStats() has a row for each host that is known now", async () => {
  const clock = new TestClock();
  const limits = createHostLimits("h", { perHost: 2, delayMs: 50, clock });
  using _a = await limits.acquire("a", { holder: "job 41" });
  (await limits.acquire("b")).release();
  assert.deepEqual(
    limits.hostStats().map(({ name, limit, concurrent, held_by }) => ({
      name,
      limit,
      concurrent,
      held_by,
    })),
    [
      {
        name: "a",
        limit: 2,
        concurrent: 1,
        held_by: [{ holder: "job 41", ms: 0 }],
      },
      { name: "b", limit: 2, concurrent: 0, held_by: [] },
    ],
  );
  assert.equal(limits.size, 2);
  await clock.advance(50);
  assert.equal(limits.size, 1);
});
