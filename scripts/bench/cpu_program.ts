/**
 * Answers requests and tells the CPU time that they took; with the monitor or
 * without it. In a process of its own, because promise hooks leave a process
 * slower for good, also for who does not use them.
 *
 * `cpu_program.ts off|<mode of the monitor> <database url>`: prints `{"where"}`, then answers
 * lines of {@linkcode CpuQuestion}. Ends with its stdin.
 */
import { loopMonitor } from "@loophound/toolkit/hono";
import {
  type LoopMonitorOptions,
  startLoopMonitor,
} from "@loophound/toolkit/monitor";
import { createThreadPool } from "@loophound/toolkit/offload";
import { createSlowQueryLog, kyselyQueryLog } from "@loophound/toolkit/sql";
import { Hono } from "hono";
import process from "node:process";
import { geneRoutes } from "../../routes/genes.ts";
import { createAnswerCache } from "../../src/answer_cache.ts";
import type { Backend } from "../../src/backend.ts";
import { openEngine } from "../../src/db/engine.ts";
import { readLines } from "../../tests/helpers/read_lines.ts";
import { anyGene } from "./context.ts";

/**
 * What the program is asked: to call its own app, or only for the CPU time of
 * its process so far, for who sends the requests or waits.
 */
export type CpuQuestion =
  | { call: "constant" | "gene"; count: number }
  | { call: "none" };

/** Microseconds of CPU: of the calls, or of the process so far. */
export interface CpuAnswer {
  cpu_us: number;
}

/** What the monitor is started with, by name; `default` is as it comes. */
const MODES = {
  default: {},
  light: { mode: "light", profile: "off" },
  exact: { mode: "exact", profile: "off" },
  profile: { mode: "exact", profile: "rolling" },
} as const satisfies Record<string, LoopMonitorOptions>;

/** A mode of the monitor. */
export type MonitorName = keyof typeof MODES;

/** Gene requests in flight at the same time, as on a busy server. */
const IN_FLIGHT = 8;

async function main([mode, databaseUrl]: string[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const monitor = mode === "off"
    ? null
    : stack.use(startLoopMonitor({ ...MODES[mode as MonitorName], log: null }));
  const pool = stack.use(
    await createThreadPool({ classes: { query: { threads: 1 } } }),
  );
  const engine = stack.use(
    await openEngine({
      databaseUrl,
      dataDir: "",
      pool,
      kyselyLog: kyselyQueryLog(createSlowQueryLog(), {
        engine: "postgres",
        monitor,
      }),
    }),
  );
  const cache = createAnswerCache({ entries: 0 });
  const app = new Hono();
  if (monitor !== null) app.use("*", loopMonitor(monitor));
  app.get("/constant", (c) => c.text("constant"));
  // The gene routes use nothing else of a backend.
  app.route("/api/genes", geneRoutes({ engine, cache } as unknown as Backend));

  const call = async (path: string) => {
    const response = await app.fetch(new Request(`http://localhost${path}`));
    await response.text();
    if (response.status !== 200) {
      throw new Error(`The answer to ${path} is ${response.status}`);
    }
  };
  const run = async (question: CpuQuestion) => {
    if (question.call === "constant") {
      for (let i = 0; i < question.count; i++) await call("/constant");
    } else if (question.call === "gene") {
      let left = question.count;
      await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
        while (left-- > 0) await call(`/api/genes/${anyGene()}`);
      }));
    }
  };
  await using _server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      console.log(JSON.stringify({ where: `http://127.0.0.1:${port}` })),
  }, app.fetch);
  for await (const line of readLines(Deno.stdin.readable)) {
    const question: CpuQuestion = JSON.parse(line);
    const before = question.call === "none" ? undefined : process.cpuUsage();
    await run(question);
    const { user, system } = process.cpuUsage(before);
    const answer: CpuAnswer = { cpu_us: user + system };
    console.log(JSON.stringify(answer));
  }
}

if (import.meta.main) await main(Deno.args);
