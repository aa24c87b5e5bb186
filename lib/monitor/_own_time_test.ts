import assert from "node:assert/strict";
import { OwnTime } from "./_own_time.ts";

Deno.test("OwnTime takes pieces that touch for one stretch", () => {
  const own = new OwnTime(5, () => 0);
  own.add(0, 4);
  own.add(2, 5);
  assert.deepEqual([own.longestMs, own.totalMs, own.over], [5, 5, 0]);
  own.add(5, 8);
  own.add(0, 7);
  own.add(8, 9);
  assert.deepEqual([own.longestMs, own.totalMs, own.over], [9, 9, 1]);
  own.add(9.1, 13);
  assert.deepEqual([own.longestMs, own.over], [9, 1]);
  own.add(20, 26);
  assert.equal(own.over, 2);
});

Deno.test("OwnTime leaves out time without a core", () => {
  const own = new OwnTime(5, (from, to) => (to - from) / 2);
  own.add(0, 8);
  assert.deepEqual([own.longestMs, own.totalMs, own.over], [4, 8, 0]);
  own.add(10, 22);
  assert.deepEqual([own.longestMs, own.totalMs, own.over], [6, 20, 1]);
});
