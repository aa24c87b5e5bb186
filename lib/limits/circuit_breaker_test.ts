import assert from "node:assert/strict";
import fc from "fast-check";
import { turns, watch } from "./_retry_test_clock.ts";
import {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitChange,
  CircuitOpenError,
  createCircuitBreaker,
} from "./circuit_breaker.ts";
import { withHolder } from "./holder.ts";

const boom = new Error("Bad gateway");

/** A breaker with a clock of its own, and what it told. */
function testBreaker(options: CircuitBreakerOptions = {}) {
  const changes: CircuitChange[] = [];
  const time = { now: 1_000 };
  const breaker = createCircuitBreaker("discogs", {
    openMs: 1_000,
    now: () => time.now,
    onChange: (change) => changes.push(change),
    ...options,
  });
  return { breaker, changes, time };
}

async function fail(breaker: CircuitBreaker, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) {
    await assert.rejects(breaker.run(() => Promise.reject(boom)), boom);
  }
}

async function refused(breaker: CircuitBreaker, retryAfterMs: number) {
  await assert.rejects(
    breaker.run(() => assert.fail("Called")),
    (error) =>
      error instanceof CircuitOpenError && error.circuit === "discogs" &&
      error.retryAfterMs === retryAfterMs,
  );
}

/** A call that ends when told to. */
function heldCall(breaker: CircuitBreaker, signal?: AbortSignal) {
  const gate = Promise.withResolvers<string>();
  const result = watch(breaker.run(() => gate.promise, { signal }));
  return { ...gate, result };
}

Deno.test("createCircuitBreaker() opens after failures in a row, and only then", async () => {
  const { breaker, changes } = testBreaker();
  await fail(breaker, 4);
  assert.equal(await breaker.run(() => "fine"), "fine");
  await fail(breaker, 4);
  assert.equal(breaker.state, "closed");
  await fail(breaker);
  assert.equal(breaker.state, "open");
  assert.deepEqual(changes, [
    { circuit: "discogs", from: "closed", to: "open", error: boom },
  ]);
});

Deno.test("createCircuitBreaker() refuses for its time, then tries and closes", async () => {
  const { breaker, changes, time } = testBreaker({ failures: 1 });
  await fail(breaker);
  await refused(breaker, 1_000);
  time.now += 999;
  await refused(breaker, 1);
  time.now += 1;
  assert.equal(breaker.state, "open");
  await breaker.run(() => {
    assert.equal(breaker.state, "half-open");
  });
  assert.equal(breaker.state, "half-open");
  await breaker.run(() => {});
  assert.equal(breaker.state, "closed");
  // The count starts anew.
  await fail(breaker);
  assert.deepEqual(changes.map(({ to }) => to), [
    "open",
    "half-open",
    "closed",
    "open",
  ]);
});

Deno.test("createCircuitBreaker() opens again when a trial fails", async () => {
  const { breaker, time } = testBreaker({ failures: 3 });
  await fail(breaker, 3);
  time.now += 1_000;
  await breaker.run(() => {});
  await fail(breaker);
  await refused(breaker, 1_000);
  time.now += 1_000;
  // The success before the failure counts no more.
  await breaker.run(() => {});
  assert.equal(breaker.state, "half-open");
});

Deno.test("createCircuitBreaker() lets only so many trials through at once", async () => {
  const { breaker, time } = testBreaker({ failures: 1, halfOpenAtOnce: 2 });
  await fail(breaker);
  time.now += 1_000;
  const first = heldCall(breaker);
  const second = heldCall(breaker);
  await refused(breaker, 0);
  first.resolve("fine");
  await turns();
  const third = heldCall(breaker);
  await refused(breaker, 0);
  second.resolve("fine");
  await turns();
  assert.equal(breaker.state, "closed");
  third.reject(boom);
  await turns();
  // It started as a trial: what it says is about a time that is over.
  assert.equal(breaker.state, "closed");
});

Deno.test("createCircuitBreaker() takes the place of a trial that hangs", async () => {
  const { breaker, time } = testBreaker({ failures: 1 });
  await fail(breaker);
  time.now += 1_000;
  const hanging = heldCall(breaker);
  time.now += 999;
  await refused(breaker, 0);
  time.now += 1;
  const next = heldCall(breaker);
  await refused(breaker, 0);
  hanging.reject(boom);
  await turns();
  assert.equal(breaker.state, "half-open");
  await refused(breaker, 0);
  next.resolve("fine");
  await turns();
  assert.equal(next.result.state, "fulfilled");
});

Deno.test("createCircuitBreaker() ignores what ends after the state has changed", async () => {
  const { breaker, time } = testBreaker({ failures: 2, successes: 1 });
  const slow = [1, 2, 3, 4].map(() => heldCall(breaker));
  await fail(breaker, 2);
  slow[0]!.resolve("fine");
  await turns();
  assert.equal(breaker.state, "open");
  time.now += 1_000;
  const trial = heldCall(breaker);
  slow[1]!.resolve("fine");
  await turns();
  assert.equal(breaker.state, "half-open");
  slow[2]!.reject(boom);
  await turns();
  assert.equal(breaker.state, "half-open");
  trial.resolve("fine");
  await turns();
  assert.equal(breaker.state, "closed");
  await fail(breaker);
  slow[3]!.reject(boom);
  await turns();
  assert.equal(breaker.state, "closed");
});

Deno.test("createCircuitBreaker() counts an abort by the caller neither way", async () => {
  const { breaker, time } = testBreaker({ failures: 2, successes: 1 });
  const leave = async () => {
    const controller = new AbortController();
    const call = heldCall(breaker, controller.signal);
    controller.abort(new Error("Client left"));
    call.reject(new Error("Socket closed"));
    await turns();
  };
  await leave();
  await leave();
  assert.equal(breaker.state, "closed");
  await fail(breaker);
  await leave();
  await assert.rejects(
    breaker.run(() => Promise.reject(new DOMException("Left", "AbortError"))),
  );
  await fail(breaker);
  // Had one of them been a success, one more failure would have been needed.
  assert.equal(breaker.state, "open");
  time.now += 1_000;
  await leave();
  assert.equal(breaker.state, "half-open");
  await breaker.run(() => {});
  assert.equal(breaker.state, "closed");
});

Deno.test("createCircuitBreaker() counts a caller's time-out: the other side hangs", async () => {
  const { breaker } = testBreaker({ failures: 1 });
  const controller = new AbortController();
  const call = heldCall(breaker, controller.signal);
  controller.abort(new DOMException("Too late", "TimeoutError"));
  call.reject(controller.signal.reason);
  await turns();
  assert.equal(breaker.state, "open");
});

Deno.test("createCircuitBreaker() does not call for a caller who has left", async () => {
  const { breaker, time } = testBreaker({ failures: 1 });
  await fail(breaker);
  time.now += 1_000;
  const reason = new Error("Client left");
  await assert.rejects(
    breaker.run(() => assert.fail("Called"), {
      signal: AbortSignal.abort(reason),
    }),
    reason,
  );
  assert.equal(breaker.state, "open");
  assert.equal(breaker.stats().refused, 0);
});

Deno.test("createCircuitBreaker() takes an error that is no failure as a success", async () => {
  const notFound = new Error("Not found");
  const { breaker, time } = testBreaker({
    failures: 2,
    successes: 1,
    isFailure: (error) => error !== notFound,
  });
  const miss = () =>
    assert.rejects(breaker.run(() => Promise.reject(notFound)), notFound);
  await fail(breaker);
  await miss();
  await fail(breaker);
  assert.equal(breaker.state, "closed");
  await fail(breaker);
  time.now += 1_000;
  await miss();
  assert.equal(breaker.state, "closed");
});

Deno.test("createCircuitBreaker() frees the place when isFailure throws", async () => {
  const mistake = new Error("Mistake");
  let mistaken = false;
  const { breaker, time } = testBreaker({
    failures: 1,
    isFailure: () => {
      if (mistaken) throw mistake;
      return true;
    },
  });
  await fail(breaker);
  time.now += 1_000;
  mistaken = true;
  await assert.rejects(breaker.run(() => Promise.reject(boom)), mistake);
  assert.equal(breaker.stats().concurrent, 0);
  assert.equal(await breaker.run(() => "fine"), "fine");
});

Deno.test("createCircuitBreaker() goes on when a listener throws, and reports it", async () => {
  const mistake = new Error("Mistake");
  const reported: unknown[] = [];
  const onError = (event: ErrorEvent) => {
    event.preventDefault();
    reported.push(event.error);
  };
  globalThis.addEventListener("error", onError);
  const { breaker } = testBreaker({
    failures: 1,
    onChange: () => {
      throw mistake;
    },
  });
  await fail(breaker);
  assert.equal(breaker.state, "open");
  await turns();
  globalThis.removeEventListener("error", onError);
  assert.deepEqual(reported, [mistake]);
});

Deno.test("createCircuitBreaker() tells its figures", async () => {
  const { breaker, time } = testBreaker({ failures: 2 });
  assert.equal(breaker.stats().limit, null);
  const call = withHolder("job 41", () => heldCall(breaker));
  time.now += 250;
  const { held_by, concurrent } = breaker.stats();
  assert.deepEqual(held_by, [{ holder: "job 41", ms: 250 }]);
  assert.equal(concurrent, 1);
  call.resolve("fine");
  await turns();
  await fail(breaker, 2);
  time.now += 400;
  await refused(breaker, 600);
  const open = breaker.stats();
  assert.deepEqual(open, {
    name: "discogs",
    kind: "breaker",
    state: "open",
    limit: 0,
    concurrent: 0,
    queue_depth: 0,
    completed: 1,
    failed: 2,
    throughput_per_s: open.throughput_per_s,
    wait_ms: { p50: 0, p99: 0 },
    run_ms: { p50: 0, p99: 250 },
    held_by: [],
    retry_after_ms: 600,
    refused: 1,
    opened: 1,
  });
  time.now += 600;
  const trial = heldCall(breaker);
  assert.equal(breaker.stats().limit, 1);
  trial.resolve("fine");
  await turns();
});

Deno.test("createCircuitBreaker() refuses options out of range", () => {
  for (
    const options of [
      { failures: 0 },
      { successes: NaN },
      { halfOpenAtOnce: 0.5 },
      { openMs: 0 },
    ]
  ) {
    assert.throws(
      () => createCircuitBreaker("discogs", options),
      RangeError,
      JSON.stringify(options),
    );
  }
});

// The breaker as its documentation tells it, from the whole history each time.
type Happening =
  | { type: "call"; id: number; at: number }
  | { type: "end"; id: number; how: "good" | "bad" | "left" };

function told(
  history: readonly Happening[],
  { failures, successes, openMs, halfOpenAtOnce }: Required<
    Pick<
      CircuitBreakerOptions,
      "failures" | "successes" | "openMs" | "halfOpenAtOnce"
    >
  >,
  endTimes: ReadonlyMap<number, number>,
) {
  let state = "closed";
  let opened = 0;
  let inARow = 0;
  const made = new Set<number>();
  // Calls that started in the present state, with the time.
  let current = new Map<number, number>();
  const turn = (to: string) => {
    state = to;
    inARow = 0;
    current = new Map();
  };
  for (const happening of history) {
    const { id } = happening;
    if (happening.type === "call") {
      const { at } = happening;
      if (state === "open" && at >= opened + openMs) turn("half-open");
      if (state === "open") continue;
      if (state === "half-open") {
        const young = [...current].filter(([, since]) => at - since < openMs);
        current = new Map(young);
        if (young.length >= halfOpenAtOnce) continue;
      }
      current.set(id, at);
      made.add(id);
    } else if (current.delete(id) && happening.how !== "left") {
      const good = happening.how === "good";
      if (state === "closed") {
        inARow = good ? 0 : inARow + 1;
        if (inARow < failures) continue;
      } else if (good) {
        if (++inARow >= successes) turn("closed");
        continue;
      }
      opened = endTimes.get(id)!;
      turn("open");
    }
  }
  return { state, made };
}

Deno.test("createCircuitBreaker() does what its documentation tells, in any order of events", async () => {
  const event = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ type: "call" as const }) },
    {
      weight: 5,
      arbitrary: fc.record({
        type: fc.constant("end" as const),
        which: fc.nat(9),
        how: fc.constantFrom(
          "good" as const,
          "bad" as const,
          "bad" as const,
          "left" as const,
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant("pass" as const),
        ms: fc.constantFrom(1, 400, 1_000),
      }),
    },
  );
  const statesSeen = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        failures: fc.integer({ min: 1, max: 3 }),
        successes: fc.integer({ min: 1, max: 3 }),
        halfOpenAtOnce: fc.integer({ min: 1, max: 2 }),
      }),
      fc.array(event, { maxLength: 60, size: "max" }),
      async (figures, events) => {
        const options = { ...figures, openMs: 1_000 };
        const { breaker, time } = testBreaker(options);
        const history: Happening[] = [];
        const endTimes = new Map<number, number>();
        const underWay: (ReturnType<typeof heldCall> & {
          id: number;
          controller: AbortController;
        })[] = [];
        const made = new Set<number>();
        for (const event of events) {
          if (event.type === "pass") time.now += event.ms;
          else if (event.type === "call") {
            const id = history.length;
            history.push({ type: "call", id, at: time.now });
            const controller = new AbortController();
            const call = heldCall(breaker, controller.signal);
            await turns();
            if (call.result.state === "pending") {
              made.add(id);
              underWay.push({ ...call, id, controller });
            } else assert.ok(call.result.error instanceof CircuitOpenError);
          } else {
            const [call] = underWay.splice(event.which % underWay.length, 1);
            if (call === undefined) continue;
            history.push({ type: "end", id: call.id, how: event.how });
            endTimes.set(call.id, time.now);
            if (event.how === "good") call.resolve("fine");
            else {
              if (event.how === "left") call.controller.abort();
              call.reject(boom);
            }
            await turns();
          }
          const expected = told(history, options, endTimes);
          assert.equal(breaker.state, expected.state);
          assert.deepEqual(made, expected.made);
          assert.equal(breaker.stats().concurrent, underWay.length);
          statesSeen.set(
            expected.state,
            (statesSeen.get(expected.state) ?? 0) + 1,
          );
        }
        for (const call of underWay) call.resolve("fine");
        await turns();
        assert.equal(breaker.stats().concurrent, 0);
      },
    ),
    { numRuns: 150 },
  );
  // The random events reach every state, or the test would say little.
  assert.deepEqual([...statesSeen.keys()].sort(), [
    "closed",
    "half-open",
    "open",
  ]);
});
