import assert from "node:assert/strict";
import { Saturation } from "./_saturation.ts";

/** Runs slices of 5 s; each value is the CPU share of one. */
function run(shares: number[], preempted = 0) {
  const totals = { cpuMs: 0, preemptedMs: 0, lateMs: 0 };
  const saturation = new Saturation(0, { ...totals });
  return shares.map((share, i) => {
    saturation.add("GET /a", 3000, true);
    saturation.add("GET /b", 1000, true);
    saturation.add("GET /b", 200, false);
    const now = (i + 1) * 5_000;
    assert.equal(saturation.due(now - 1), false);
    assert.ok(saturation.due(now));
    totals.cpuMs += share * 5_000;
    totals.preemptedMs += preempted * 5_000;
    return saturation.close(now, { ...totals });
  });
}

Deno.test("Saturation tells of a loop that is never idle, then once a minute", () => {
  const reports = run(new Array(16).fill(0.99));
  assert.deepEqual(
    reports.map((it, i) => it === null ? -1 : i).filter((i) => i >= 0),
    [1, 13],
  );
  const report = reports[1]!;
  assert.equal(report.message, "Event loop saturated: 99 % busy for 10 s");
  assert.deepEqual(report.routes, [
    { route: "GET /a", own_ms: 3000, share: 0.6, calls: 1 },
    { route: "GET /b", own_ms: 1200, share: 0.24, calls: 1 },
  ]);
  assert.equal(reports[13]?.for_s, 70);
});

Deno.test("Saturation says nothing of a loop that is idle now and then", () => {
  assert.deepEqual(run([0.99, 0.5, 0.99, 0.8, 0.99]), [
    null,
    null,
    null,
    null,
    null,
  ]);
});

Deno.test("Saturation tells a starved thread from a busy one", () => {
  const [, report] = run([0.3, 0.3], 0.68);
  assert.match(report?.advice ?? "", /too few cores/);
});
