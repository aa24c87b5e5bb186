import assert from "node:assert/strict";
import { sleep } from "./_testing.ts";
import { startLoopMonitor } from "./loop_monitor.ts";
import { catchUnhandledRejections, type UnhandledReport } from "./unhandled.ts";

Deno.test("catchUnhandledRejections() reports where a rejection came from", async () => {
  using monitor = startLoopMonitor({ log: null });
  const reports: UnhandledReport[] = [];
  using _catching = catchUnhandledRejections((it) => reports.push(it), {
    monitor,
  });
  monitor.measure("GET /forgets", function forgets() {
    // deno-lint-ignore loophound/no-floating-promise -- what the test is about
    Promise.reject(new Error("connection lost"));
  });
  await sleep(5);
  // deno-lint-ignore loophound/no-floating-promise -- what the test is about
  Promise.reject({ code: 7 });
  await sleep(5);
  const [first, second] = reports;
  assert.equal(first?.kind, "rejection");
  assert.match(first.message, /connection lost$/);
  assert.match(first.origin?.file ?? "", /unhandled_test\.ts$/);
  assert.equal(first.origin?.function, "forgets");
  // Before 2.9 the event is dispatched outside the promise's context.
  if (monitor.mode === "exact") assert.equal(first.label, "GET /forgets");
  assert.match(second?.message ?? "", /Unhandled rejection: .*code: 7/);
  assert.equal(second?.origin, null);
});

Deno.test("catchUnhandledRejections() lets the caller decide on uncaught errors", async () => {
  const reports: UnhandledReport[] = [];
  using _catching = catchUnhandledRejections(() => {}, {
    onError(report) {
      reports.push(report);
      return true;
    },
  });
  setTimeout(() => {
    throw new TypeError("in a timer");
  }, 0);
  await sleep(10);
  assert.equal(reports[0]?.message, "Uncaught error: in a timer");
  assert.match(reports[0]?.origin?.file ?? "", /unhandled_test\.ts$/);
});
