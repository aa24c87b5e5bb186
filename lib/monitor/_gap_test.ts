import assert from "node:assert/strict";
import { type Gap, judgeGap, leastUnexplained } from "./_gap.ts";

const gap = (ms: number, more: Partial<Gap>): Gap => ({
  gap: ms + 2,
  unexplained: ms,
  explained: 0,
  used: ms,
  doubt: 10,
  exact: true,
  ...more,
});

Deno.test("judgeGap() tells computing from waiting, and from sleeping", () => {
  assert.equal(judgeGap(gap(60, {})), "computed");
  assert.equal(judgeGap(gap(60, { used: 35 })), "unsure");
  assert.equal(judgeGap(gap(60, { used: 35, doubt: 0 })), "computed");
  assert.equal(judgeGap(gap(60, { used: 20 })), "parked");
  assert.equal(judgeGap(gap(4000, { used: 0 })), "parked");
  assert.equal(judgeGap(gap(6000, { used: 10 })), "suspended");
  assert.equal(judgeGap(gap(6000, { used: 5900 })), "computed");
});

Deno.test("judgeGap() leaves out what monitored calls computed", () => {
  const busyCalls = gap(30, { gap: 132, explained: 100, used: 100 });
  assert.equal(judgeGap(busyCalls), "parked");
});

Deno.test("judgeGap() wants a longer gap where only the process is measured", () => {
  assert.equal(judgeGap(gap(40, { exact: false })), "unsure");
  assert.equal(judgeGap(gap(60, { exact: false })), "computed");
});

Deno.test("leastUnexplained() grows with the threshold", () => {
  assert.equal(leastUnexplained(5), 15);
  assert.equal(leastUnexplained(20), 40);
});
