import assert from "node:assert/strict";
import { startLoopMonitor } from "./loop_monitor.ts";
import type { StallReport } from "./_watchdog_messages.ts";
import { sleep, spin } from "./_testing.ts";

Deno.test("startLoopMonitor() tells its watchdog which call holds the loop", {
  ignore: !("locks" in navigator),
}, async () => {
  await using monitor = startLoopMonitor({
    profile: "off",
    log: null,
    watchdog: { stallMs: 100, graceMs: 1 },
  });
  assert.deepEqual(monitor.watchdog, { on: true, why: null });
  const stalls: StallReport[] = [];
  monitor.onStall((report) => stalls.push(report));
  // The thread needs a moment to start.
  await sleep(400);
  await monitor.measure(() => "GET /stuck", async () => {
    await sleep(1);
    spin(1_000);
  });
  for (let i = 0; stalls.length === 0 && i < 200; i++) await sleep(10);
  assert.equal(stalls[0]?.route, "GET /stuck");
  // Time in which the whole process had no core does not count.
  assert.ok(stalls[0].stalled_ms >= 100);
});

Deno.test("startLoopMonitor() says why nothing watches", () => {
  using monitor = startLoopMonitor({ profile: "off", log: null });
  assert.deepEqual(monitor.watchdog, { on: false, why: "switched off" });
  assert.deepEqual(monitor.profile, { on: false, why: "switched off" });
});
