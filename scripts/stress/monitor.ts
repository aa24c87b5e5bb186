/**
 * Runs the monitor with everything on for a long time and tells what it did
 * to the loop itself: its ticks, the chunks of its profile, the reports.
 *
 * `deno run -A scripts/stress/monitor.ts [minutes] [file] [seconds]` (default
 * 60 minutes). Every second 20 requests; every so many seconds (default 10) one
 * that blocks for 20 ms: every half second makes an hour's work of 3 minutes. stderr gets
 * the reports; run it with `2>&1 | sleep 9999` to see what a pipe does that
 * nobody reads: the figures go to the file in the second argument.
 */
import { loopMonitor } from "@loophound/toolkit/hono";
import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { Hono } from "hono";
// A real program has a tree of modules: V8 lists their code when a profile
// starts, and every chunk of it names them.
import "@hono/zod-openapi";
import "kysely";
import "pg";
import "pg-boss";

const minutes = Number(Deno.args[0] ?? "60");
const file = Deno.args[1] || undefined;
const every = Number(Deno.args[2] ?? "10");
if (!(minutes > 0) || !(every > 0)) {
  console.error(`Cannot read "${Deno.args.join(" ")}": numbers above 0 wanted`);
  Deno.exit(2);
}

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

await using monitor = startLoopMonitor({
  watchdog: true,
  reportEveryMs: 1,
});
let reported = 0;
let ofBlocks = 0;
const others: string[] = [];
monitor.onBlock((report) => {
  reported++;
  if (report.route === "GET /block") ofBlocks++;
  else others.push(`${report.message}, ${report.longest_ms.toFixed(1)} ms`);
});
const app = new Hono();
app.use("*", loopMonitor(monitor));
app.get("/fast/:n", async (c) => {
  await sleep(1);
  return c.json({ n: c.req.param("n") });
});
app.get("/block", (c) => {
  spin(20);
  return c.text("blocked");
});

const end = performance.now() + minutes * 60_000;
let blocked = 0;
let nextBlock = performance.now() + every * 1000;
while (performance.now() < end) {
  await (await app.request(`/fast/${blocked}`)).text();
  await sleep(45);
  if (performance.now() < nextBlock) continue;
  nextBlock += every * 1000;
  blocked++;
  await (await app.request("/block")).text();
}
await monitor.settled();
const { monitor_blocks, monitor_longest_ms, monitor_total_ms, preempted_gaps } =
  monitor.counters();
const text = JSON.stringify(
  {
    minutes,
    monitor_blocks,
    monitor_longest_ms,
    monitor_share: monitor_total_ms / (minutes * 60_000),
    blocked,
    reported,
    of_blocks: ofBlocks,
    preempted_gaps,
    lag_ms: monitor.stats().lag_ms,
    others: others.slice(0, 20),
  },
  null,
  2,
);
if (file === undefined) console.log(text);
else await Deno.writeTextFile(file, text);
