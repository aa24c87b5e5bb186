import assert from "node:assert/strict";
import { spin } from "./_testing.ts";
import { startLoopMonitor } from "./loop_monitor.ts";
import { monitorBlocking } from "./monitor_blocking.ts";

Deno.test("monitorBlocking() keeps name, parameters, this and result", async () => {
  using monitor = startLoopMonitor({ log: null });
  const owner = {
    factor: 3,
    times: monitorBlocking(monitor, "times")(
      async function times(this: { factor: number }, n: number, _m?: number) {
        await Promise.resolve();
        return this.factor * n;
      },
    ),
  };
  assert.equal(owner.times.name, "times");
  assert.equal(owner.times.length, 2);
  assert.equal(await owner.times(4), 12);
});

Deno.test("monitorBlocking() decorates methods and makes labels from arguments", () => {
  using monitor = startLoopMonitor({ log: null });
  class Renderer {
    #page = "page";
    @monitorBlocking(monitor, (kind: string) => `render ${kind}`)
    render(kind: string): string {
      spin(10);
      return `${this.#page} ${kind}`;
    }
  }
  assert.equal(new Renderer().render("summary"), "page summary");
  const [report] = monitor.blocks();
  assert.equal(report?.route, "render summary");
  assert.equal(report.function, "render");
});

Deno.test("monitorBlocking() reports although the label cannot be made", () => {
  using monitor = startLoopMonitor({ log: null });
  monitorBlocking(monitor, () => {
    throw new Error("no name");
  })(() => spin(10))();
  assert.match(monitor.blocks()[0]?.route ?? "", /label failed: no name/);
});

Deno.test("monitorBlocking() asks for the trace only for a report", () => {
  using monitor = startLoopMonitor({ log: null, thresholdMs: 100 });
  let asked = 0;
  const run = monitorBlocking(monitor, "traced", {
    traceId: () => `trace ${++asked}`,
  })((ms: number) => spin(ms));
  run(0);
  assert.equal(asked, 0);
  run(150);
  assert.equal(monitor.blocks()[0]?.trace_id, "trace 1");
});
