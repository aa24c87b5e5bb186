import assert from "node:assert/strict";
import fc from "fast-check";
import { countedSignal, turns, watch } from "./_retry_test_clock.ts";
import { createSingleFlight, type SingleFlight } from "./single_flight.ts";

/** Work that ends when told to. */
function heldWork() {
  const gate = Promise.withResolvers<string>();
  const seen: { calls: number; signal?: AbortSignal } = { calls: 0 };
  return {
    ...gate,
    seen,
    work(signal: AbortSignal) {
      seen.calls++;
      seen.signal = signal;
      return gate.promise;
    },
  };
}

const noWork = () => assert.fail("Called");

Deno.test("createSingleFlight() makes one call for all who ask at once", async () => {
  const flights = createSingleFlight<string>();
  const held = heldWork();
  const results = [held.work, noWork, noWork].map((work) =>
    watch(flights.run("a", work))
  );
  const other = watch(flights.run("b", () => "other"));
  await turns();
  assert.equal(other.value, "other");
  assert.equal(flights.size, 1);
  held.resolve("done");
  await turns();
  assert.deepEqual(results.map(({ value }) => value), ["done", "done", "done"]);
  assert.equal(held.seen.calls, 1);
  assert.equal(held.seen.signal?.aborted, false);
  assert.equal(flights.size, 0);
});

Deno.test("createSingleFlight() shares errors, and keeps neither them nor values", async () => {
  const flights = createSingleFlight<string>();
  const error = new Error("No");
  const failing = () => {
    throw error;
  };
  const results = [watch(flights.run("a", failing))];
  // Thrown before the first await: it is over when the next one asks.
  results.push(watch(flights.run("a", () => Promise.reject(error))));
  results.push(watch(flights.run("a", noWork)));
  await turns();
  for (const result of results) assert.equal(result.error, error);
  assert.equal(flights.size, 0);
  assert.equal(await flights.run("a", () => "new"), "new");
  assert.equal(await flights.run("a", () => "newer"), "newer");
});

Deno.test("createSingleFlight() is over before those who waited go on", async () => {
  const flights = createSingleFlight<string>();
  const again = flights.run("a", () => Promise.resolve("first"))
    .then(() => flights.run("a", () => "second"));
  assert.equal(await again, "second");
});

Deno.test("createSingleFlight() lets one leave without the others", async () => {
  const flights = createSingleFlight<string>();
  const held = heldWork();
  const first = countedSignal();
  const second = countedSignal();
  const reason = new Error("Client left");
  const left = watch(flights.run("a", held.work, { signal: first.signal }));
  const stays = watch(flights.run("a", noWork, { signal: second.signal }));
  first.controller.abort(reason);
  await turns();
  assert.equal(left.error, reason);
  assert.equal(stays.state, "pending");
  assert.equal(held.seen.signal?.aborted, false);
  held.resolve("done");
  await turns();
  assert.equal(stays.value, "done");
  assert.equal(first.listeners() + second.listeners(), 0);
});

Deno.test("createSingleFlight() aborts the work when the last one leaves", async () => {
  const flights = createSingleFlight<string>();
  const held = heldWork();
  const controllers = [1, 2].map(() => new AbortController());
  const results = controllers.map(({ signal }) =>
    watch(flights.run("a", held.work, { signal }))
  );
  controllers[1]!.abort("second");
  assert.equal(held.seen.signal?.aborted, false);
  controllers[0]!.abort("first");
  assert.equal(held.seen.signal?.reason, "first");
  assert.equal(flights.size, 0);
  await turns();
  assert.deepEqual(results.map(({ error }) => error), ["first", "second"]);
  // An unhandled rejection would fail the test run.
  held.reject(new Error("Too late"));
  await turns();
});

Deno.test("createSingleFlight() is not undone by an abort in the moment of its end", async () => {
  const flights = createSingleFlight<string>();
  const old = heldWork();
  const fresh = heldWork();
  const controller = new AbortController();
  const { signal } = controller;
  const first = watch(flights.run("a", old.work, { signal }));
  let second: ReturnType<typeof watch<string>> | undefined;
  // Runs after the flight has ended and before its caller goes on.
  const between = old.promise.then(() => {
    second = watch(flights.run("a", fresh.work));
    controller.abort();
  });
  old.resolve("done");
  await between;
  assert.equal(flights.size, 1);
  assert.equal(old.seen.signal?.aborted, false);
  fresh.resolve("new");
  await turns();
  assert.equal(first.value, "done");
  assert.equal(second?.value, "new");
});

Deno.test("createSingleFlight() never joins work that is being stopped", async () => {
  const flights = createSingleFlight<string>();
  const dying = heldWork();
  const fresh = heldWork();
  const controller = new AbortController();
  const left = watch(
    flights.run("a", (signal) => {
      // Asked for in the very moment of the abort.
      signal.addEventListener("abort", () => {
        results.push(watch(flights.run("a", fresh.work)));
      });
      return dying.work(signal);
    }, { signal: controller.signal }),
  );
  const results: ReturnType<typeof watch<string>>[] = [];
  controller.abort();
  results.push(watch(flights.run("a", noWork)));
  dying.resolve("old");
  await turns();
  assert.equal(left.state, "rejected");
  assert.equal(flights.size, 1);
  assert.deepEqual(results.map(({ state }) => state), ["pending", "pending"]);
  fresh.resolve("new");
  await turns();
  assert.deepEqual(results.map(({ value }) => value), ["new", "new"]);
});

Deno.test("createSingleFlight() does nothing for a caller who has left", async () => {
  const flights = createSingleFlight<string>();
  const signal = AbortSignal.abort("left");
  await assert.rejects(
    flights.run("a", noWork, { signal }),
    (error) => error === "left",
  );
  assert.equal(flights.size, 0);
});

Deno.test("createSingleFlight() outlives a caller who leaves while the work starts", async () => {
  const flights = createSingleFlight<string>();
  const controller = new AbortController();
  const result = watch(
    flights.run("a", () => {
      controller.abort("left");
      return "unheard";
    }, { signal: controller.signal }),
  );
  await turns();
  assert.equal(result.error, "left");
  assert.equal(flights.size, 0);
});

interface Ask {
  key: string;
  flight: ReturnType<typeof heldWork>;
  controller: AbortController;
  result: ReturnType<typeof watch<string>>;
}

/** What a single flight must be like, in the simplest terms. */
class Play {
  readonly flights: SingleFlight<string> = createSingleFlight<string>();
  readonly current = new Map<string, Ask["flight"]>();
  waiting: Ask[] = [];
  asks = 0;

  async ask(key: string): Promise<void> {
    const made = heldWork();
    const controller = new AbortController();
    const result = watch(
      this.flights.run(key, made.work, { signal: controller.signal }),
    );
    await turns();
    const flight = this.current.get(key) ?? made;
    assert.equal(made.seen.calls, flight === made ? 1 : 0);
    this.current.set(key, flight);
    this.waiting.push({ key, flight, controller, result });
    this.asks++;
  }

  async leave(which: number): Promise<void> {
    const [ask] = this.waiting.splice(which % this.waiting.length, 1);
    if (ask === undefined) return;
    ask.controller.abort(ask);
    await turns();
    assert.equal(ask.result.error, ask);
    const last = !this.waiting.some(({ flight }) => flight === ask.flight);
    assert.equal(ask.flight.seen.signal?.aborted, last);
    if (!last) return;
    assert.equal(ask.flight.seen.signal?.reason, ask);
    this.current.delete(ask.key);
    // Its late end must not be noticed by anyone.
    ask.flight.resolve("late");
    await turns();
  }

  async end(key: string, good: boolean): Promise<void> {
    const flight = this.current.get(key);
    if (flight === undefined) return;
    this.current.delete(key);
    const error = new Error(`No ${this.asks}`);
    if (good) flight.resolve(`done ${this.asks}`);
    else flight.reject(error);
    await turns();
    for (const { flight: its, result } of this.waiting) {
      if (its !== flight) continue;
      if (good) assert.equal(result.value, `done ${this.asks}`);
      else assert.equal(result.error, error);
    }
    this.waiting = this.waiting.filter((ask) => ask.flight !== flight);
    assert.equal(flight.seen.signal?.aborted, false);
  }

  check(): void {
    assert.equal(this.flights.size, this.current.size);
    for (const { result } of this.waiting) {
      assert.equal(result.state, "pending");
    }
  }
}

Deno.test("createSingleFlight() holds under any order of joins, leaves and ends", async () => {
  const key = fc.constantFrom("a", "b");
  const event = fc.oneof(
    { weight: 5, arbitrary: key.map((k) => (play: Play) => play.ask(k)) },
    {
      weight: 4,
      arbitrary: fc.nat(9).map((n) => (play: Play) => play.leave(n)),
    },
    {
      weight: 2,
      arbitrary: fc.tuple(key, fc.boolean()).map(([k, good]) => (play: Play) =>
        play.end(k, good)
      ),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 40 }), async (events) => {
      const play = new Play();
      for (const run of events) {
        await run(play);
        play.check();
      }
      await play.end("a", true);
      await play.end("b", false);
      assert.equal(play.flights.size, 0);
      assert.deepEqual(play.waiting, []);
    }),
    { numRuns: 150 },
  );
});
