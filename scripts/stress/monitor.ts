/**
 * Runs the monitor with everything on for a long time and tells what it did
 * to the loop itself: its ticks, the chunks of its profile, the reports.
 *
 * `deno run -A scripts/stress/monitor.ts [minutes] [file] [seconds]` (default
 * 60 minutes). Every second 20 requests; every so many seconds (default 10) one
 * that blocks for 20 ms: every half second makes an hour's work of 3 minutes.
 * The first half of them has one culprit, a function in this file. In the second
 * half each has a culprit of its own, behind eleven functions of a file of 25 KB
 * whose source and map nobody has read before (up to 200 of them).
 * stderr gets the reports; run it with `2>&1 | sleep 9999` to see what a pipe
 * does that nobody reads: the figures go to the file in the second argument.
 */
import { loopMonitor } from "@loophound/toolkit/hono";
import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { Hono } from "hono";
import { pathToFileURL } from "node:url";
// A real program has a tree of modules: V8 lists their code when a profile
// starts, and every chunk of it names them.
import "@hono/zod-openapi";
import "kysely";
import "pg";
import "pg-boss";

const BLOCK_MS = 20;
const MOST_MODULES = 200;
const MODULE_LENGTH = 25_000;
const DEPTH = 12;

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

/** A chain of functions with types, comments and strings; the last one spins. */
function moduleText(): string {
  const text = ["interface Row { id: number; name: string }"];
  const length = MODULE_LENGTH / DEPTH;
  for (let i = 0; i < DEPTH; i++) {
    text.push(
      `export function step${i}(row: Row): number {`,
      "  let sum: number = row.id;",
    );
    for (let size = 0, n = 0; size < length; size += text.at(-1)!.length, n++) {
      text.push(
        `  // Never so: it's only to have something to read, ${n}.`,
        `  if (sum < 0) sum += JSON.stringify({ name: \`\${row.name} ${n}\` }).length;`,
      );
    }
    text.push(
      i < DEPTH - 1
        ? `  return sum + step${i + 1}(row);`
        : `  const end: number = performance.now() + ${BLOCK_MS};\n` +
          "  while (performance.now() < end) sum++;\n  return sum;",
      "}",
    );
  }
  return text.join("\n");
}

type Step = (row: { id: number; name: string }) => number;

/** Modules that were loaded and whose source nobody has asked for. */
async function loadModules(
  folder: string,
  count: number,
): Promise<Step[]> {
  const steps: Step[] = [];
  for (let i = 0; i < count; i++) {
    const path = `${folder}/culprit_${i}.ts`;
    await Deno.writeTextFile(path, moduleText());
    steps.push((await import(pathToFileURL(path).href)).step0);
  }
  return steps;
}

const halfMs = minutes * 30_000;
const folder = await Deno.makeTempDir({ prefix: "loophound-stress-" });
const steps = await loadModules(
  folder,
  Math.min(MOST_MODULES, Math.ceil(halfMs / (every * 1000))),
);

await using monitor = startLoopMonitor({
  watchdog: true,
  reportEveryMs: 1,
});
let reported = 0;
let ofBlocks = 0;
let ofColdBlocks = 0;
let withLine = 0;
const others: string[] = [];
monitor.onBlock((report) => {
  reported++;
  const { route, culprit } = report;
  if (route === "GET /block") ofBlocks++;
  else if (route === "GET /cold") ofColdBlocks++;
  else others.push(`${report.message}, ${report.longest_ms.toFixed(1)} ms`);
  const expected = route === "GET /cold" ? `step${DEPTH - 1}` : "spin";
  if (culprit?.function === expected && culprit.line > 1) withLine++;
});
const app = new Hono();
app.use("*", loopMonitor(monitor));
app.get("/fast/:n", async (c) => {
  await sleep(1);
  return c.json({ n: c.req.param("n") });
});
app.get("/block", (c) => {
  spin(BLOCK_MS);
  return c.text("blocked");
});
let next = 0;
app.get("/cold", (c) => {
  const sum = steps[next++ % steps.length]!({ id: 1, name: "row" });
  return c.text(`${sum}`);
});

/** @returns How many requests blocked. */
async function serve(path: string): Promise<number> {
  let blocked = 0;
  const end = performance.now() + halfMs;
  let nextBlock = performance.now() + every * 1000;
  while (performance.now() < end) {
    await (await app.request(`/fast/${blocked}`)).text();
    await sleep(45);
    if (performance.now() < nextBlock) continue;
    nextBlock += every * 1000;
    blocked++;
    await (await app.request(path)).text();
  }
  await monitor.settled();
  return blocked;
}

const blocked = await serve("/block");
const warm = monitor.counters();
const cold = await serve("/cold");
await Deno.remove(folder, { recursive: true });
const all = monitor.counters();
const text = JSON.stringify(
  {
    minutes,
    // Of one culprit; then each with a culprit of its own.
    monitor_longest_ms: {
      warm: warm.monitor_longest_ms,
      all: all.monitor_longest_ms,
    },
    monitor_blocks: { warm: warm.monitor_blocks, all: all.monitor_blocks },
    monitor_share: {
      warm: warm.monitor_total_ms / halfMs,
      cold: (all.monitor_total_ms - warm.monitor_total_ms) / halfMs,
    },
    blocked: { warm: blocked, cold },
    of_blocks: { warm: ofBlocks, cold: ofColdBlocks },
    reported,
    with_line: withLine,
    preempted_gaps: all.preempted_gaps,
    lag_ms: monitor.stats().lag_ms,
    others: others.slice(0, 20),
  },
  null,
  2,
);
if (file === undefined) console.log(text);
else await Deno.writeTextFile(file, text);
