import fc from "fast-check";
import assert from "node:assert/strict";
import { LagClock } from "./_lag_clock.ts";

Deno.test("LagClock counts a stall from when the tick was due", () => {
  const clock = new LagClock(0, 2);
  clock.tick(2);
  assert.equal(clock.at(5), 0);
  const { due } = clock;
  assert.equal(clock.at(due + 10), 10);
  clock.tick(due + 30);
  assert.equal(clock.at(due + 30), 30);
  assert.equal(clock.atPast(due + 12), 12);
  assert.equal(clock.atPast(due - 1), 0);
  assert.equal(clock.atPast(due + 31), 30);
});

Deno.test("LagClock never runs backwards and never outruns time", () => {
  const gaps = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), {
    maxLength: 60,
  });
  fc.assert(fc.property(gaps, fc.double({ min: 0, max: 1, noNaN: true }), (
    gaps,
    where,
  ) => {
    const clock = new LagClock(0, 2);
    let now = 0;
    for (const gap of gaps) clock.tick(now += gap);
    const middle = now * where;
    const total = clock.at(now);
    const before = clock.atPast(middle);
    assert.ok(before >= 0 && before <= total + 1e-9);
    assert.ok(total - before <= now - middle + 1e-9);
  }));
});
