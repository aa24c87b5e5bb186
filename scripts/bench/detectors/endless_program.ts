/** A server with handlers that never end, and the watchdog. */
import { loopMonitor } from "@loophound/toolkit/hono";
import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { Hono } from "hono";

const monitor = startLoopMonitor({
  log: null,
  watchdog: { stream: "stdout", format: "json", liveStack: true },
});
let turns = 0;
const app = new Hono();
app.use("*", loopMonitor(monitor));
app.get("/endless", () => {
  while (turns >= 0) turns++; // culprit: endless
  return new Response(String(turns));
});
app.get("/endless-later", async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  while (turns >= 0) turns++; // culprit: endless_later
  return new Response(String(turns));
});
// The watchdog's own grace is over by then.
await new Promise((resolve) => setTimeout(resolve, 1_200));
Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(JSON.stringify({ port })),
}, app.fetch);
