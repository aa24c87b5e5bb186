import assert from "node:assert/strict";
import { type Look, StallClock, type StallLimits } from "./_watchdog_clock.ts";

const limits: StallLimits = {
  stallMs: 1_000,
  repeatMs: 1_000,
  maxRepeatMs: 8_000,
  exitAfterMs: null,
  graceMs: 0,
};

/** A clock, and a loop that stands still unless told otherwise. */
function rig(changed: Partial<StallLimits> = {}) {
  const clock = new StallClock({ ...limits, ...changed }, 0, 1);
  let now = 0;
  let beats = 1;
  const look = (ms: number, more: Partial<Look> = {}) => {
    now += ms;
    return clock.look({
      now,
      beats,
      sinceBeat: 0,
      excused: false,
      ...more,
    });
  };
  return {
    clock,
    look,
    /** Looks as often as it is due, for so long; says when reports came. */
    wait(ms: number, more: Partial<Look> = {}) {
      const end = now + ms;
      const said: number[] = [];
      while (now < end) {
        look(Math.min(clock.pollMs, end - now), more);
        if (clock.due() !== "report") continue;
        said.push(Math.round(clock.stalledMs / 100) / 10);
        clock.reported();
      }
      return said;
    },
    beat(sinceBeat = 0) {
      beats++;
      return look(clock.pollMs, { beats, sinceBeat });
    },
  };
}

Deno.test("StallClock speaks at growing intervals, up to the longest", () => {
  const { wait } = rig();
  assert.deepEqual(wait(40_000), [1, 2, 4, 8, 16, 24, 32, 40]);
});

Deno.test("StallClock begins anew when the loop has turned", () => {
  const { clock, wait, beat } = rig();
  assert.deepEqual(wait(2_500), [1, 2]);
  const total = beat();
  assert.ok(total !== null && total > 2_500 && total < 2_600, `${total}`);
  assert.equal(clock.reports, 0);
  assert.deepEqual(wait(900), []);
  assert.equal(beat(), null, "a stall that nobody heard of ends unheard");
  assert.deepEqual(wait(1_100), [1]);
});

Deno.test("StallClock counts from the last beat and not from the look that saw it", () => {
  const { clock, beat, look } = rig();
  beat(60);
  assert.equal(clock.stalledMs, 60);
  look(100);
  assert.equal(clock.stalledMs, 160);
  // The loop's clock is ahead, or far behind.
  beat(-5_000);
  assert.equal(clock.stalledMs, 0);
  beat(1e9);
  assert.equal(clock.stalledMs, 400, "no more than since the look before");
});

Deno.test("StallClock does not count time in which it did not run itself", () => {
  const { clock, look, wait, beat } = rig();
  wait(500);
  look(3_600_000);
  assert.equal(clock.due(), null);
  assert.equal(clock.stalledMs, 500);
  assert.equal(wait(600).length, 1, "but the stall goes on");
  beat();
  look(3_600_000);
  beat(3_600_000);
  assert.equal(clock.due(), null);
});

Deno.test("StallClock leaves out what is excused", () => {
  const { clock, wait } = rig();
  assert.deepEqual(wait(60_000, { excused: true }), []);
  assert.deepEqual(wait(1_100), [1]);
  assert.deepEqual(wait(60_000, { excused: true }), []);
  assert.equal(clock.reports, 0);
});

Deno.test("StallClock keeps quiet in the grace, and counts from its end", () => {
  const { wait } = rig({ graceMs: 5_000 });
  assert.deepEqual(wait(5_900), []);
  assert.deepEqual(wait(300), [1]);
});

Deno.test("StallClock says when the process is to end", () => {
  const { clock, wait } = rig({ exitAfterMs: 3_000 });
  assert.deepEqual(wait(2_900), [1, 2]);
  assert.equal(clock.due(), null);
  wait(100);
  assert.equal(clock.due(), "exit");
});

Deno.test("StallClock looks more often during a stall, and never too seldom for stallMs", () => {
  const { clock, wait } = rig();
  assert.equal(clock.pollMs, 400);
  wait(400);
  assert.equal(clock.pollMs, 20);
  assert.equal(rig({ stallMs: 100 }).clock.pollMs, 40);
});
