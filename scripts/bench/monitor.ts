import { type Child, startChild } from "./child.ts";
import type { Context } from "./context.ts";
import type { CpuQuestion } from "./cpu_program.ts";
import type { Figure } from "./figure.ts";
import { openCatalogue } from "./catalogue.ts";
import { median, medianInterval } from "./statistics.ts";

/** Alternating pairs; an interval of 95 % then leaves out three on each side. */
const PAIRS = 14;
const IDLE_MS = 2_000;

async function cpuOf(child: Child, question: CpuQuestion): Promise<number> {
  const { cpu_us } = await child.ask<{ cpu_us: number }>(question);
  return cpu_us / question.count;
}

/** Asks both in turn, each of them first every other time. */
async function pairs(
  [on, off]: readonly [Child, Child],
  question: CpuQuestion,
): Promise<{ on: number[]; off: number[] }> {
  const found = { on: [] as number[], off: [] as number[] };
  // The first round compiles the code.
  await cpuOf(on, question);
  await cpuOf(off, question);
  for (let i = 0; i < PAIRS; i++) {
    const ask = [
      async () => found.on.push(await cpuOf(on, question)),
      async () => found.off.push(await cpuOf(off, question)),
    ];
    for (const one of i % 2 === 0 ? ask : ask.reverse()) await one();
  }
  return found;
}

/** CPU per request with the monitor, beside the same without it. */
export async function benchMonitor(context: Context): Promise<Figure[]> {
  const postgres = await context.postgres();
  const databaseUrl = await postgres.createDatabase();
  // Fills the database and closes it again.
  await (await openCatalogue(context, "PostgreSQL", {
    env: { DATABASE_URL: databaseUrl },
  }))[Symbol.asyncDispose]();
  await using on = startChild("./cpu_program.ts", ["on", databaseUrl]);
  await using off = startChild("./cpu_program.ts", ["off", databaseUrl]);
  const figures: Figure[] = [];
  const routes = [
    { what: "constant", name: "constant answer", count: 8_000, percent: 10 },
    { what: "gene", name: "GET /api/genes/:symbol", count: 600, percent: 3 },
  ] as const;
  for (const { what, name, count, percent } of routes) {
    const cpu = await pairs([on, off], { what, count });
    const costs = cpu.on.map((value, i) => 100 * (value / cpu.off[i]! - 1));
    const cost = median(costs);
    figures.push({
      section: "monitor",
      figure: `CPU per request, ${name}`,
      value: median(cpu.on),
      unit: "µs",
      baseline: { what: "without monitor", value: median(cpu.off) },
    }, {
      section: "monitor",
      figure: `cost, ${name}, median of ${PAIRS} pairs`,
      value: cost,
      unit: "%",
      interval: medianInterval(costs),
      goal: { text: `≤ ${percent} %`, met: cost <= percent },
    });
  }
  const idle = { what: "idle", count: IDLE_MS } as const;
  // Microseconds per millisecond are thousandths.
  const ticking = await cpuOf(on, idle) / 10;
  figures.push({
    section: "monitor",
    figure: "CPU while idle",
    value: ticking,
    unit: "% of a core",
    baseline: { what: "without monitor", value: await cpuOf(off, idle) / 10 },
  });
  return figures;
}
