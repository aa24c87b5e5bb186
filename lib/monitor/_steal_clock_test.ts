import assert from "node:assert/strict";
import {
  coreOf,
  openStealClock,
  StealClock,
  stolenFrom,
} from "./_steal_clock.ts";

/** Text as `/proc/stat` has it, by the steps stolen from each core. */
function cores(...steps: number[]): string {
  const lines = steps.map((steal, core) =>
    `cpu${core} 2268336 43780 350410 2328148 14790 0 24706 ${steal} 17 18`
  );
  return [
    "cpu  4525869 86098 715156 4660833 21220 0 51379 799934 0 0",
    ...lines,
    "intr 99 1 2 3",
    "ctxt 1234",
    "",
  ].join("\n");
}

/** Text as `/proc/thread-self/stat` has it: field 39 is the core. */
function thread(core: number): string {
  const rest = Array.from({ length: 50 }, (_, i) => i === 36 ? core : i + 100);
  return `4711 (deno ) 7 (x) S ${rest.slice(1).join(" ")}\n`;
}

function put(bytes: Uint8Array, text: string): number {
  return new TextEncoder().encodeInto(text, bytes).written;
}

Deno.test("stolenFrom() reads the cores' lines and nothing else", () => {
  const bytes = new Uint8Array(1_000).fill(49);
  for (const steps of [[0], [1, 397_498], [3, 2, 1]]) {
    const length = put(bytes, cores(...steps));
    assert.deepEqual(stolenFrom(bytes, length), steps.map((it) => it * 10));
  }
  assert.deepEqual(stolenFrom(bytes, 0), []);
});

Deno.test("coreOf() passes over brackets and spaces in the command", () => {
  const bytes = new Uint8Array(1_000).fill(41);
  assert.equal(coreOf(bytes, put(bytes, thread(1))), 1);
  assert.equal(coreOf(bytes, put(bytes, thread(63))), 63);
});

/** A clock over counts that the test sets. */
function clockOf(steps: number[]) {
  const state = { steps, core: 0 };
  const clock = new StealClock({
    readCores: (bytes) => put(bytes, cores(...state.steps)),
    readThread: (bytes) => put(bytes, thread(state.core)),
    close() {},
  }, -1_000);
  return { clock, state };
}

Deno.test("StealClock tells what was stolen from the thread's core, with a step of doubt", () => {
  const { clock, state } = clockOf([5, 7]);
  state.steps = [5, 12];
  clock.sample(-900);
  // Nothing of core 0.
  assert.equal(clock.between(-990, -910), 0);
  state.steps = [9, 12];
  clock.sample(-800);
  assert.equal(clock.between(-890, -810), 50);
  assert.equal(clock.between(-840, -810), 30);
  assert.equal(clock.between(-950, -850), 50);
});

Deno.test("StealClock knows the core that the thread left, and the one it came to", () => {
  const { clock, state } = clockOf([0, 0]);
  state.steps = [6, 0];
  state.core = 1;
  clock.sample(-900);
  assert.equal(clock.between(-1_000, -900), 70);
  state.steps = [6, 8];
  state.core = 0;
  clock.sample(-800);
  assert.equal(clock.between(-900, -800), 90);
});

Deno.test("StealClock reads once more for what has just ended, and forgets the oldest", () => {
  const { clock, state } = clockOf([0]);
  state.steps = [3];
  const now = performance.now();
  assert.equal(clock.between(-1_000, now), 40);
  assert.ok(clock.time >= now);
  for (let i = 1; i <= 300; i++) clock.sample(clock.time + 10);
  assert.equal(clock.between(-1_000, now), 0);
});

Deno.test("openStealClock() reads this machine's counts, which never go back", {
  ignore: Deno.build.os !== "linux",
}, () => {
  const clock = openStealClock();
  assert.ok(clock !== null, "this machine does not tell");
  const from = performance.now();
  clock.sample(from);
  while (performance.now() < from + 30);
  const to = performance.now();
  const stolen = clock.between(from, to);
  assert.ok(stolen >= 0 && stolen <= to - from);
  clock.close();
  clock.close();
});
