/**
 * Answers requests without a network and tells the CPU time that they took;
 * with the monitor or without it. In a process of its own, because promise
 * hooks leave a process slower for good, also for who does not use them.
 *
 * `cpu_program.ts on|off <database url>`, then lines `{"what", "requests"}`.
 */
import { loopMonitor } from "@loophound/toolkit/hono";
import { startLoopMonitor } from "@loophound/toolkit/monitor";
import { createThreadPool } from "@loophound/toolkit/offload";
import { createSlowQueryLog, kyselyQueryLog } from "@loophound/toolkit/sql";
import { Hono } from "hono";
import process from "node:process";
import { geneRoutes } from "../../routes/genes.ts";
import { createAnswerCache } from "../../src/answer_cache.ts";
import type { Backend } from "../../src/backend.ts";
import { openEngine } from "../../src/db/engine.ts";
import { readLines } from "./child.ts";
import { anyGene } from "./context.ts";

/** What the program is asked. */
export interface CpuQuestion {
  what: "constant" | "gene" | "idle";
  /** Requests; of `idle`: milliseconds. */
  count: number;
}

/** Gene requests in flight at the same time, as on a busy server. */
const IN_FLIGHT = 8;

async function main([mode, databaseUrl]: string[]): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const monitor = mode === "on" ? stack.use(startLoopMonitor()) : null;
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

  const request = async (path: string) => {
    const response = await app.fetch(new Request(`http://localhost${path}`));
    await response.text();
    if (response.status !== 200) {
      throw new Error(`The answer to ${path} is ${response.status}`);
    }
  };
  const run = async ({ what, count }: CpuQuestion) => {
    if (what === "idle") {
      await new Promise((resolve) => setTimeout(resolve, count));
    } else if (what === "constant") {
      for (let i = 0; i < count; i++) await request("/constant");
    } else {
      let left = count;
      await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
        while (left-- > 0) await request(`/api/genes/${anyGene()}`);
      }));
    }
  };
  for await (const line of readLines(Deno.stdin.readable)) {
    const question: CpuQuestion = JSON.parse(line);
    const before = process.cpuUsage();
    await run(question);
    const { user, system } = process.cpuUsage(before);
    console.log(JSON.stringify({ cpu_us: user + system }));
  }
}

if (import.meta.main) await main(Deno.args);
