import assert from "node:assert/strict";
import { withHolder } from "./holder.ts";
import {
  type ForeignStats,
  type Limits,
  openLimits,
  type OpenLimitsOptions,
} from "./limits.ts";
import { createSemaphore } from "./semaphore.ts";
import { settled, TestClock } from "./_test_clock.ts";
import type { LongWaitReport, StarvationReport } from "./types.ts";

interface Opened {
  clock: TestClock;
  limits: Limits;
  waits: LongWaitReport[];
  starved: StarvationReport[];
}

function open(options: OpenLimitsOptions = {}): Opened {
  const clock = new TestClock();
  const waits: LongWaitReport[] = [];
  const starved: StarvationReport[] = [];
  const limits = openLimits({
    limits: { import: 10, spotify: 1, discogs: 5, database: 8 },
    clock,
    onLongWait: (report) => waits.push(report),
    onStarved: (report) => starved.push(report),
    ...options,
  });
  return { clock, limits, waits, starved };
}

/** Takes permits by holders' names, and leaves them taken. */
async function fill(limits: Limits, name: string, holders: string[]) {
  const permits = await Promise.all(
    holders.map((holder) => limits.semaphore(name).acquire({ holder })),
  );
  return { [Symbol.dispose]: () => permits.forEach((one) => one.release()) };
}

Deno.test("openLimits() knows its limits by name", () => {
  const { limits, clock } = open();
  using _limits = limits;
  assert.equal(limits.semaphore("discogs").limit, 5);
  assert.throws(() => limits.semaphore("discog"), {
    name: "RangeError",
    message:
      'Cannot get semaphore "discog": there are "import", "spotify", "discogs", "database"',
  });
  const locks = limits.keyedLock("accounts");
  assert.equal(limits.keyedLock("accounts"), locks);
  assert.throws(() => limits.semaphore("accounts"), {
    message:
      'Cannot get semaphore "accounts": "accounts" is another kind of limit',
  });
  assert.throws(() => limits.keyedLock("discogs"), {
    message: 'Cannot register limit "discogs": there is one of that name',
  });
  assert.throws(() => limits.hosts("crawl"), {
    message: 'Cannot get host limits "crawl": there are none',
  });
  const hosts = limits.hosts("crawl", { total: 3 });
  assert.equal(limits.hosts("crawl"), hosts);
  assert.throws(() => limits.hosts("crawl", {}), RangeError);
  const rate = limits.rateLimit("spotify calls", { tokens: 1, perMs: 1 });
  assert.equal(limits.rateLimit("spotify calls"), rate);
  const own = createSemaphore("own", { limit: 2, registry: limits });
  assert.equal(limits.semaphore("own"), own);
  assert.deepEqual(
    limits.stats().map(({ name, kind, limit }) => [name, kind, limit]),
    [
      ["import", "semaphore", 10],
      ["spotify", "semaphore", 1],
      ["discogs", "semaphore", 5],
      ["database", "semaphore", 8],
      ["accounts", "lock", null],
      ["crawl", "hosts", 3],
      ["spotify calls", "rate", null],
      ["own", "semaphore", 2],
    ],
  );
  assert.equal(clock.timers, 1);
});

Deno.test("openLimits() has one timer, and none when it is closed", () => {
  const { limits, clock } = open();
  assert.equal(clock.timers, 1);
  limits[Symbol.dispose]();
  assert.equal(clock.timers, 0);
});

Deno.test("openLimits() refuses times that are none", () => {
  for (const field of ["longWaitMs", "starvedMs", "lookEveryMs"]) {
    assert.throws(() => openLimits({ [field]: 0 }), {
      message: `Cannot open limits: ${field} is 0, not a number above 0`,
    });
  }
});

Deno.test("a long wait is reported with who holds it and what that waits for", async () => {
  const { limits, clock, waits } = open();
  using _limits = limits;
  const database = limits.semaphore("database");
  const discogs = limits.semaphore("discogs");
  using _full = await fill(limits, "database", Array(8).fill("report"));
  const job = withHolder("job 41", async () => {
    using _discogs = await discogs.acquire();
    using _database = await database.acquire();
  });
  await clock.advance(2_200);
  using _others = await fill(limits, "discogs", ["a", "b", "c", "d"]);
  const waiting = withHolder(
    "job 42",
    () => discogs.run(() => {}),
  );
  await clock.advance(12_000);
  // It waits itself, and its wait is reported: for the one behind it too.
  assert.equal(waits.length, 2);
  assert.equal(waits[0]!.limit, "database");
  const report = waits[1]!;
  assert.equal(
    report.message,
    "Waited 10.8 s for discogs (5 of 5 taken), held by job 41 for 13.0 s, which waits for database; by a for 10.8 s; by b for 10.8 s; by 2 others",
  );
  assert.deepEqual({ ...report, message: "", held_by: [] }, {
    message: "",
    limit: "discogs",
    key: null,
    waiter: "job 42",
    waited_ms: 10_800,
    holding: [],
    held_by: [],
    others: 0,
    deadlock: false,
  });
  assert.equal(report.held_by.length, 5);
  assert.deepEqual(report.held_by[0], {
    holder: "job 41",
    ms: 13_000,
    waits_for: "database",
  });
  assert.equal(report.held_by[1]!.waits_for, null);
  assert.deepEqual(waits[0]!.holding, ["discogs"]);
  _others[Symbol.dispose]();
  _full[Symbol.dispose]();
  await Promise.all([job, waiting]);
});

Deno.test("a long wait is reported once, then at doubled waits", async () => {
  const { limits, clock, waits } = open({ longWaitMs: 1_000 });
  using _limits = limits;
  const held = await limits.semaphore("spotify").acquire();
  const waiting = limits.semaphore("spotify").acquire();
  await clock.advance(10_000);
  assert.deepEqual(
    waits.map(({ waited_ms }) => waited_ms),
    [1_000, 2_000, 4_000, 8_000],
  );
  held.release();
  (await waiting).release();
  await clock.advance(10_000);
  assert.equal(waits.length, 4);
});

Deno.test("a thousand who wait are five reports, which say how many more", async () => {
  const { limits, clock, waits } = open();
  using _limits = limits;
  const held = await limits.semaphore("spotify").acquire();
  const controller = new AbortController();
  const all = Promise.allSettled(Array.from(
    { length: 1000 },
    () => limits.semaphore("spotify").acquire({ signal: controller.signal }),
  ));
  await clock.advance(12_000);
  assert.equal(waits.length, 5);
  assert.equal(waits[0]!.others, 999);
  assert.match(waits[0]!.message, /, held by unnamed for .* s; 999 more wait$/);
  controller.abort();
  await all;
  held.release();
});

Deno.test("two who hold what the other wants are a deadlock", async () => {
  const { limits, clock, waits } = open({ limits: { a: 1, b: 1 } });
  using _limits = limits;
  const controller = new AbortController();
  const { signal } = controller;
  const job = (name: string, first: string, second: string) =>
    withHolder(name, async () => {
      using _first = await limits.semaphore(first).acquire({ signal });
      await settled();
      using _second = await limits.semaphore(second).acquire({ signal });
    });
  const jobs = Promise.allSettled([
    job("job 1", "a", "b"),
    job("job 2", "b", "a"),
  ]);
  await clock.advance(0);
  await clock.advance(0);
  const behind = limits.semaphore("a").run(() => {}, { signal });
  const all = Promise.allSettled([jobs, behind]);
  await clock.advance(10_000);
  assert.deepEqual(
    waits.map(({ waiter, deadlock }) => [waiter, deadlock]),
    [["job 1", true], ["job 2", true], ["unnamed", true]],
  );
  assert.equal(
    waits[0]!.message,
    "Waited 10.0 s for b (1 of 1 taken), held by job 2 for 10.0 s, which waits for a. They wait for each other: no one will go on",
  );
  controller.abort();
  await all;
});

Deno.test("taking a lock again inside run() is a deadlock", async () => {
  const { limits, clock, waits } = open();
  using _limits = limits;
  const locks = limits.keyedLock("accounts");
  const controller = new AbortController();
  const run = locks.run(
    "anna",
    (signal) => locks.run("anna", () => {}, { signal }),
    { signal: controller.signal },
  ).catch(() => "ended");
  await clock.advance(10_000);
  assert.equal(
    waits[0]!.message,
    'Waited 10.0 s for accounts "anna" (taken), held by unnamed for 10.0 s, which waits for accounts "anna". They wait for each other: no one will go on',
  );
  assert.deepEqual(waits[0]!.holding, ['accounts "anna"']);
  controller.abort();
  assert.equal(await run, "ended");
});

Deno.test("a circle through work that someone outside it could free is no deadlock", async () => {
  const { limits, clock, waits } = open({ limits: { a: 2, b: 1 } });
  using _limits = limits;
  const controller = new AbortController();
  const { signal } = controller;
  // One permit of a is held by work that waits for nothing.
  const free = await limits.semaphore("a").acquire();
  const [a, b] = [limits.semaphore("a"), limits.semaphore("b")];
  const jobs = Promise.allSettled([
    a.run(() => b.run(() => {}, { signal }), { signal }),
    b.run(() => a.run(() => {}, { signal }), { signal }),
  ]);
  await clock.advance(10_000);
  assert.deepEqual(waits.map(({ deadlock }) => deadlock), [false, false]);
  free.release();
  const outcomes = await jobs;
  assert.ok(outcomes.every(({ status }) => status === "fulfilled"));
});

Deno.test("branches of one holder that share a limit are no deadlock", async () => {
  const { limits, clock, waits } = open();
  using _limits = limits;
  const spotify = limits.semaphore("spotify");
  let end = () => {};
  const job = withHolder("job 41", () =>
    Promise.all([1, 2, 3].map(async () => {
      using _permit = await spotify.acquire();
      await new Promise<void>((resolve) => end = resolve);
    })));
  await clock.advance(10_000);
  assert.deepEqual(
    waits.map(({ deadlock, holding, held_by }) => ({
      deadlock,
      holding,
      waits_for: held_by[0]!.waits_for,
    })),
    Array(2).fill({ deadlock: false, holding: [], waits_for: null }),
  );
  for (let n = 0; n < 3; n++) {
    end();
    await settled();
  }
  await job;
});

Deno.test("a wait for time alone is reported as that", async () => {
  const { limits, clock, waits } = open();
  using _limits = limits;
  const hosts = limits.hosts("crawl", { delayMs: 30_000 });
  const rate = limits.rateLimit("lastfm", { tokens: 1, perMs: 30_000 });
  await Promise.all([hosts.run("a", () => {}), rate.take()]);
  const waiting = Promise.all([hosts.run("a", () => {}), rate.take()]);
  await clock.advance(10_000);
  assert.deepEqual(waits.map(({ message, deadlock }) => [message, deadlock]), [
    ['Waited 10.0 s for crawl "a" (the next may start in 20.0 s)', false],
    ["Waited 10.0 s for lastfm (0 of 1 tokens left, enough in 20.0 s)", false],
  ]);
  await clock.advance(20_000);
  await waiting;
});

Deno.test("work that makes its successor from within leaves no trail behind", async () => {
  const semaphore = createSemaphore("s", { limit: 1 });
  const { currentScope } = await import("./holder.ts");
  let depth = 0;
  const link = (left: number): Promise<void> =>
    withHolder(`link ${left}`, async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      await semaphore.run(() => void queueMicrotask(resolve));
      await promise;
      if (left > 0) return link(left - 1);
      for (let at = currentScope(); at !== undefined; at = at.parent) depth++;
    });
  await link(100);
  assert.equal(depth, 1);
});

Deno.test("a pool that decays with work queued is reported, again at doubled times", async () => {
  const { limits, clock, starved } = open();
  using _limits = limits;
  const pool: { -readonly [K in keyof ForeignStats]: ForeignStats[K] } = {
    name: "workers",
    limit: 16,
    concurrent: 16,
    queue_depth: 40,
  };
  limits.add({ stats: () => pool });
  await clock.advance(60_000);
  assert.equal(starved.length, 0);
  pool.concurrent = 2;
  await clock.advance(45_000);
  assert.deepEqual(starved.map(({ message }) => message), [
    "workers: 40 wait and 2 of 16 run for 10.0 s",
    "workers: 40 wait and 2 of 16 run for 20.0 s",
    "workers: 40 wait and 2 of 16 run for 40.0 s",
  ]);
  pool.concurrent = 3;
  await clock.advance(1_000);
  pool.concurrent = 0;
  await clock.advance(9_000);
  pool.queue_depth = 0;
  await clock.advance(30_000);
  assert.equal(starved.length, 3);
});

Deno.test("a limit that is full is not starved, nor one whose hosts have to wait", async () => {
  const { limits, clock, starved } = open();
  using _limits = limits;
  const hosts = limits.hosts("crawl", { perHost: 1, delayMs: 60_000 });
  const held = await limits.semaphore("spotify").acquire();
  await hosts.run("a", () => {});
  const controller = new AbortController();
  const { signal } = controller;
  const waiting = Promise.allSettled([
    limits.semaphore("spotify").acquire({ signal }),
    hosts.acquire("a", { signal }),
    hosts.acquire("b", { signal }),
    hosts.acquire("b", { signal }),
  ]);
  limits.add({
    stats: () => [{ name: "one thread", concurrent: 1, queue_depth: 9 }],
  });
  await clock.advance(50_000);
  assert.deepEqual(starved, []);
  controller.abort();
  await waiting;
  held.release();
});

Deno.test("add() of what has no known capacity compares it with what it did before", async () => {
  const { limits, clock, starved } = open();
  using _limits = limits;
  let concurrent = 9;
  const added = limits.add({
    stats: () => [{ name: "threads", concurrent, queue_depth: 3 }],
  });
  await clock.advance(1_000);
  concurrent = 1;
  await clock.advance(11_000);
  assert.deepEqual(
    starved.map(({ message, capacity }) => [message, capacity]),
    [
      ["threads: 3 wait and 1 run, where 9 did, for 10.0 s", null],
    ],
  );
  assert.deepEqual(limits.stats().at(-1), {
    name: "threads",
    kind: "pool",
    limit: null,
    concurrent: 1,
    queue_depth: 3,
    completed: 0,
    failed: 0,
    throughput_per_s: 0,
    wait_ms: { p50: 0, p99: 0 },
    run_ms: { p50: 0, p99: 0 },
    held_by: [],
  });
  added[Symbol.dispose]();
  assert.equal(limits.stats().at(-1)!.name, "database");
});

Deno.test("a provider that fails ends no watching", async () => {
  const { limits, clock, waits } = open();
  using _limits = limits;
  limits.add({
    stats: () => {
      throw new Error("Pool is closed");
    },
  });
  const held = await limits.semaphore("spotify").acquire();
  const waiting = limits.semaphore("spotify").acquire();
  await clock.advance(10_000);
  assert.equal(waits.length, 1);
  assert.throws(() => limits.stats(), { message: "Pool is closed" });
  held.release();
  (await waiting).release();
});
