/** A program whose blocks become spans; run by `tests/telemetry_test.ts`. */
import { loopMonitor } from "@loophound/toolkit/hono";
import { startLoopMonitor } from "@loophound/toolkit/monitor";
import * as opentelemetry from "@opentelemetry/api";
import { Hono } from "hono";

await using monitor = startLoopMonitor({ log: null });
const app = new Hono();
app.use("*", loopMonitor(monitor, { opentelemetry }));
app.get("/slow", (c) => {
  const end = performance.now() + 100;
  while (performance.now() < end);
  return c.text("done");
});
await using server = Deno.serve({ port: 0, onListen() {} }, app.fetch);
const answer = await fetch(`http://127.0.0.1:${server.addr.port}/slow`, {
  signal: AbortSignal.timeout(30_000),
});
await answer.text();
