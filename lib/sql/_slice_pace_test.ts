import assert from "node:assert/strict";
import { slicePace } from "./_slice_pace.ts";

Deno.test("slicePace() starts small, grows, and shrinks slices that take long", () => {
  const pace = slicePace({ rows: 2000, bytes: 128 * 1024 });
  assert.deepEqual(pace.limits, { rows: 250, bytes: 16 * 1024 });
  for (let i = 0; i < 12; i++) pace.took(1);
  assert.deepEqual(pace.limits, { rows: 2000, bytes: 128 * 1024 });
  pace.took(15);
  assert.equal(pace.limits.rows, 2000);
  pace.took(40);
  assert.deepEqual(pace.limits, { rows: 1000, bytes: 64 * 1024 });
  for (let i = 0; i < 9; i++) pace.took(500);
  assert.deepEqual(pace.limits, { rows: 250, bytes: 16 * 1024 });
});

Deno.test("slicePace() leaves small slices as they are", () => {
  const pace = slicePace({ rows: 10, bytes: 1000 });
  pace.took(100);
  assert.equal(pace.limits.rows, 10);
});
