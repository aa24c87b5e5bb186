import fc from "fast-check";
import assert from "node:assert/strict";
import { BoundedHistogram, LogHistogram } from "./_histogram.ts";

Deno.test("LogHistogram quantiles are right to 5 %", () => {
  const values = fc.array(fc.double({ min: 0.1, max: 60_000, noNaN: true }), {
    minLength: 1,
    maxLength: 200,
  });
  const share = fc.double({ min: 0.001, max: 1, noNaN: true });
  fc.assert(fc.property(values, share, (values, share) => {
    const histogram = new LogHistogram();
    for (const value of values) histogram.record(value);
    const sorted = values.toSorted((a, b) => a - b);
    const exact = sorted[Math.max(1, Math.ceil(values.length * share)) - 1]!;
    const found = histogram.quantile(share);
    assert.ok(found >= exact * 0.999 && found <= exact * 1.05);
    assert.ok(found <= histogram.max);
  }));
});

Deno.test("LogHistogram adds and clears", () => {
  const one = new LogHistogram();
  const other = new LogHistogram();
  one.record(0);
  other.record(1e9);
  one.add(other);
  assert.equal(one.total, 2);
  assert.equal(one.max, 1e9);
  one.clear();
  assert.equal(one.quantile(0.99), 0);
});

Deno.test("BoundedHistogram counts cumulatively and beyond its last bound", () => {
  const histogram = new BoundedHistogram([1, 10]);
  for (const value of [0.5, 1, 5, 100]) histogram.record(value);
  assert.deepEqual(histogram.cumulative(), [
    { le_ms: 1, count: 2 },
    { le_ms: 10, count: 3 },
    { le_ms: Infinity, count: 4 },
  ]);
  assert.equal(histogram.sum, 106.5);
});
