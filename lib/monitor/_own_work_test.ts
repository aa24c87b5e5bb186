import assert from "node:assert/strict";
import { Attributor } from "./_attribution.ts";
import type { EmittedFrame } from "./_explain.ts";
import { OwnTime } from "./_own_time.ts";
import { OwnWork, type Pieces, TURN_MS } from "./_own_work.ts";

/** A clock that work moves on, and a loop whose turns are counted. */
class Host {
  time = 100;
  turns = 0;
  /** Milliseconds that pass whenever somebody looks. */
  perLook: number;
  /** Pieces of work, in milliseconds. */
  readonly pieces: number[] = [];

  constructor(perLook = 0) {
    this.perLook = perLook;
  }

  now(): number {
    return this.time += this.perLook;
  }

  turn(): Promise<void> {
    this.turns++;
    this.time += 1000;
    return Promise.resolve();
  }

  add(from: number, to: number): void {
    this.pieces.push(to - from);
  }
}

function* pieces(host: Host, ms: number[]): Pieces<void> {
  for (const it of ms) {
    yield;
    host.time += it;
  }
}

Deno.test("OwnWork gives the loop back once the turn has been used, and not before", async () => {
  const host = new Host();
  const work = new OwnWork(host, host);
  work.run(pieces(host, [1, 0.5, TURN_MS, 1, 1, 1, 5]));
  await work.idle();
  assert.deepEqual(host.pieces, [3.5, 3, 5]);
  assert.equal(host.turns, 2);
  work.run(pieces(host, [1, 0.5]));
  await work.idle();
  assert.equal(host.turns, 2);
});

Deno.test("OwnWork gives the loop back before what is dear", async () => {
  const host = new Host();
  const work = new OwnWork(host, host);
  work.run(function* (): Pieces<void> {
    host.time += 1;
    yield "turn";
    host.time += 4;
    yield;
    host.time += 1;
  }());
  await work.idle();
  assert.deepEqual(host.pieces, [1, 4, 1]);
});

Deno.test("OwnWork counts what the turn had been used for before", async () => {
  const host = new Host();
  const work = new OwnWork(host, host);
  work.run(pieces(host, [1]), host.time - 3);
  await work.idle();
  assert.deepEqual(host.pieces, [3, 1]);
});

Deno.test("OwnWork does one job after another, in the same turns", async () => {
  const host = new Host();
  const own = new OwnTime(TURN_MS, () => 0);
  const work = new OwnWork(own, host);
  const since = host.time;
  for (let i = 0; i < 4; i++) work.run(pieces(host, [1.5, 1.5]), since);
  await work.idle();
  assert.deepEqual([own.totalMs, own.longestMs, own.over], [12, 3, 4]);
  assert.equal(host.turns, 3);
});

Deno.test("OwnWork leaves out what it waits for", async () => {
  const host = new Host();
  const work = new OwnWork(host, host);
  work.run(function* () {
    host.time += 1;
    yield Promise.resolve().then(() => void (host.time += 50));
    host.time += 1;
  }());
  await work.idle();
  assert.deepEqual(host.pieces, [1, 1]);
});

Deno.test("OwnWork goes on with the next job after one that threw", async () => {
  const host = new Host();
  const work = new OwnWork(host, host);
  work.run(function* (): Pieces<void> {
    yield;
    throw new Error("no");
  }());
  await assert.rejects(work.idle(), /no/);
  work.run(pieces(host, [1]));
  await work.idle();
  assert.deepEqual(host.pieces, [0, 1]);
});

Deno.test("OwnWork drops the rest when stopped", async () => {
  const host = new Host();
  const work = new OwnWork(host, host);
  work.run(pieces(host, [3, 3, 3]));
  work.run(pieces(host, [3]));
  work.stop();
  await work.idle();
  assert.deepEqual(host.pieces, [3, 0]);
});

Deno.test("Attributor lets the loop turn between frames, and all of it is counted", async () => {
  const source = await Deno.readTextFile(new URL(import.meta.url));
  const line = source.split("\n").findIndex((it) => it.includes("* pieces(")) +
    1;
  const frames = Array.from({ length: 12 }, (_, i): EmittedFrame => ({
    function: `f${i}`,
    file: import.meta.url.replace(".ts", ".js"),
    line,
    column: 1 + i,
    hotLine: line,
    ownsTime: false,
    callees: ["nothing"],
    calleeFile: "",
  }));
  const host = new Host(0.5);
  const work = new OwnWork(host, host);
  const began = host.time;
  let depth = 0;
  work.run(function* (): Pieces<void> {
    const { stack } = yield* new Attributor().attribute({
      frames,
      within: [],
      samples: 0,
      js: 0,
      gc: 0,
      idle: 0,
      native: 0,
      sampling: true,
    });
    depth = stack.length;
  }());
  await work.idle();
  assert.equal(depth, 12);
  // A look after each frame: half a millisecond of the turn each.
  assert.ok(host.turns >= 4, `${host.turns} turns`);
  const counted = host.pieces.reduce((sum, it) => sum + it, 0);
  const looks = host.time - began - 1000 * host.turns;
  // Each pause has a look at its end that nobody worked for.
  const pauses = host.pieces.length;
  assert.ok(
    counted >= looks - pauses && counted <= looks,
    `${counted} of ${looks} ms`,
  );
});
