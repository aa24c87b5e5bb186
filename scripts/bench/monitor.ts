import { closedLoop } from "../../tests/helpers/traffic.ts";
import { openCatalogue } from "./catalogue.ts";
import { type Child, startChild } from "./child.ts";
import { anyGene, type Context } from "./context.ts";
import type { CpuAnswer, CpuQuestion, MonitorName } from "./cpu_program.ts";
import type { Figure } from "./figure.ts";
import { median, medianInterval } from "./statistics.ts";

/** Alternating pairs; the interval then leaves out two on each side. */
const PAIRS = 14;
const WARM_UP = 3;
const IDLE_MS = 2_000;

/** A running cpu_program.ts. */
interface Program {
  child: Child;
  where: string;
}

/** Microseconds of CPU for each of so many requests. */
type Measure = (program: Program) => Promise<number>;

async function cpu({ child }: Program, question: CpuQuestion): Promise<number> {
  return (await child.ask<CpuAnswer>(question)).cpu_us;
}

/** What the process uses while something else goes on. */
async function cpuDuring(
  program: Program,
  work: () => Promise<unknown>,
): Promise<number> {
  const before = await cpu(program, { call: "none" });
  await work();
  return await cpu(program, { call: "none" }) - before;
}

/** The app called in its own process: the handlers and nothing else. */
function called(call: "constant" | "gene", count: number): Measure {
  return async (program) => await cpu(program, { call, count }) / count;
}

/** The same over HTTP, CPU of the server's process. */
function requested(path: () => string, count: number): Measure {
  return async (program) =>
    await cpuDuring(program, async () => {
      const { errors } = await closedLoop(() => program.where + path(), {
        clients: 8,
        requests: count,
        isError: (status) => status !== 200,
      });
      if (errors > 0) throw new Error(`${errors} requests were not answered`);
    }) / count;
}

/** Measures both in turn, each of them first every other time. */
async function pairs(
  [on, off]: readonly [Program, Program],
  measure: Measure,
): Promise<{ on: number[]; off: number[] }> {
  const found = { on: [] as number[], off: [] as number[] };
  // The first rounds compile the code.
  for (let i = 0; i < WARM_UP; i++) {
    await measure(on);
    await measure(off);
  }
  for (let i = 0; i < PAIRS; i++) {
    const both = [
      async () => found.on.push(await measure(on)),
      async () => found.off.push(await measure(off)),
    ];
    for (const one of i % 2 === 0 ? both : both.reverse()) await one();
  }
  return found;
}

const ROUTES = [
  {
    name: "constant answer",
    percent: 10,
    called: called("constant", 10_000),
    requested: requested(() => "/constant", 1_500),
  },
  {
    name: "GET /api/genes/:symbol",
    percent: 3,
    called: called("gene", 500),
    requested: requested(() => `/api/genes/${anyGene()}`, 500),
  },
];

/** Options of {@linkcode costFigures}. */
export interface CostOptions {
  section: string;
  mode: MonitorName;
  /** Put before each figure. @default {""} */
  name?: string;
}

/** CPU per request with the monitor in a mode, beside the same without it. */
export async function costFigures(
  context: Context,
  { section, mode, name: title }: CostOptions,
): Promise<Figure[]> {
  const head = title === undefined ? "" : `${title}: `;
  const postgres = await context.postgres();
  const databaseUrl = await postgres.createDatabase();
  // Fills the database and closes it again.
  await (await openCatalogue(context, "PostgreSQL", {
    env: { DATABASE_URL: databaseUrl },
  }))[Symbol.asyncDispose]();
  await using onChild = startChild("./cpu_program.ts", [mode, databaseUrl]);
  await using offChild = startChild("./cpu_program.ts", ["off", databaseUrl]);
  const ready = async (child: Child): Promise<Program> => ({
    child,
    where: (await child.next<{ where: string }>()).where,
  });
  const programs = [await ready(onChild), await ready(offChild)] as const;
  const figures: Figure[] = [];
  for (const { name, percent, ...ways } of ROUTES) {
    for (const way of ["requested", "called"] as const) {
      const { on, off } = await pairs(programs, ways[way]);
      const costs = on.map((value, i) => 100 * (value / off[i]! - 1));
      const cost = median(costs);
      const how = way === "requested" ? "over HTTP" : "app.fetch alone";
      figures.push({
        section,
        figure: `${head}${name}, ${how}: CPU per request`,
        value: median(on),
        unit: "µs",
        baseline: { what: "without monitor", value: median(off) },
      }, {
        section,
        figure: `${head}${name}, ${how}: cost, median of ${PAIRS} pairs`,
        value: cost,
        unit: "%",
        interval: medianInterval(costs),
        goal: { text: `≤ ${percent} %`, met: cost <= percent },
      });
    }
  }
  const idle = async (program: Program) =>
    await cpuDuring(
      program,
      () => new Promise((resolve) => setTimeout(resolve, IDLE_MS)),
    ) / (IDLE_MS * 10);
  const [on, off] = programs;
  figures.push({
    section,
    figure: `${head}CPU while idle`,
    value: await idle(on),
    unit: "% of a core",
    baseline: { what: "without monitor", value: await idle(off) },
  });
  return figures;
}

/** CPU per request with the monitor as it comes. */
export function benchMonitor(context: Context): Promise<Figure[]> {
  return costFigures(context, { section: "monitor", mode: "default" });
}
