import assert from "node:assert/strict";
import { median, medianInterval } from "./statistics.ts";

Deno.test("median() takes the middle", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

Deno.test("medianInterval() takes the ranks of the sign test", () => {
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1);
  assert.deepEqual(medianInterval(upTo(5)), [1, 5]);
  assert.deepEqual(medianInterval(upTo(6)), [1, 6]);
  assert.deepEqual(medianInterval(upTo(10)), [2, 9]);
  assert.deepEqual(medianInterval(upTo(12)), [3, 10]);
  assert.deepEqual(medianInterval(upTo(20)), [6, 15]);
});
