import fc from "fast-check";
import assert from "node:assert/strict";
import { Hysteresis } from "./_hysteresis.ts";

Deno.test("Hysteresis is on above high, off when below low for long enough", () => {
  const it = new Hysteresis({ high: 100, low: 50, holdMs: 10 });
  const told = ([level, now]: [number, number]) => it.update(level, now);
  const levels: [number, number][] = [
    [100, 0], // not above
    [101, 1],
    [60, 2], // between: stays
    [49, 3], // calm from here
    [49, 12],
    [50, 13], // not below: the calm is over
    [10, 14],
    [10, 23],
    [10, 24],
    [99, 25], // stays off up to high
  ];
  assert.deepEqual(levels.map(told), [
    ...[false, true, true, true, true, true, true, true],
    ...[false, false],
  ]);
});

Deno.test("Hysteresis refuses limits that contradict each other", () => {
  for (
    const limits of [
      { high: 1, low: 2, holdMs: 0 },
      { high: 1, low: 0, holdMs: 0 },
      { high: 1, low: 1, holdMs: -1 },
      { high: NaN, low: 1, holdMs: 0 },
    ]
  ) assert.throws(() => new Hysteresis(limits), /Cannot set limits/);
});

// What it promises, said over the whole history instead of step by step.
Deno.test("Hysteresis follows its definition on any history", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 100 }),
    fc.array(fc.tuple(fc.nat(150), fc.nat(40)), { maxLength: 60 }),
    (low, above, holdMs, steps) => {
      const high = low + above;
      const it = new Hysteresis({ high, low, holdMs });
      const seen: { level: number; now: number }[] = [];
      let now = 0;
      let wasOn = false;
      for (const [level, ms] of steps) {
        now += ms;
        seen.push({ level, now });
        const on = it.update(level, now);
        if (level > high) assert.ok(on, "on above high, whatever came before");
        if (on && !wasOn) assert.ok(level > high, "starts only above high");
        if (!on && wasOn) {
          const firstCalm = seen.findLastIndex((it) => it.level >= low) + 1;
          assert.ok(level < low, "ends only below low");
          assert.ok(now - seen[firstCalm]!.now >= holdMs, "and after holdMs");
        }
        if (on && wasOn && level < low) {
          const firstCalm = seen.findLastIndex((it) => it.level >= low) + 1;
          assert.ok(now - seen[firstCalm]!.now < holdMs, "not a step later");
        }
        wasOn = on;
      }
    },
  ));
});
