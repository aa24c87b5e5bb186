import {
  sendTraffic,
  type TrafficFigures,
  trafficFor,
} from "../../tests/helpers/traffic.ts";
import { startCatalogue, timedLoad } from "./catalogue.ts";
import { startChild } from "./child.ts";
import { anyGene, type Context, type EngineName, ENGINES } from "./context.ts";
import type { Figure } from "./figure.ts";
import type { UnoffloadedLoad } from "./unoffloaded.ts";

/** A loop that is held for a whole load answers late, but it answers. */
const ANSWER_MS = 300_000;
const PER_SECOND = 200;
const IDLE_MS = 10_000;
/** Files are loaded one after the other until this is over. */
const BUSY_MS = 8_000;
const MAX_LOADS = 6;
/** The baseline may take longer than anybody wants to wait. */
const BASELINE_MS = 15_000;

const STATISTICS = [
  "summary",
  "source-overlaps",
  "source-distributions",
  "evidence-composition",
];

const notOk = (status: number) => status !== 200;

/** Any gene at a fixed rate, and a statistic every 250 ms. */
function busyTraffic(url: string, signal: AbortSignal) {
  let asked = 0;
  return Promise.all([
    sendTraffic(() => `${url}/api/genes/${anyGene()}`, {
      perSecond: PER_SECOND,
      signal,
      isError: notOk,
    }),
    sendTraffic(
      () => `${url}/api/statistics/${STATISTICS[asked++ % STATISTICS.length]}`,
      { perSecond: 4, signal, isError: notOk },
    ),
  ]);
}

interface Busy {
  lookups: TrafficFigures;
  statistics: TrafficFigures;
  loop: { p999_ms: number; max_ms: number };
}

/** Runs the traffic for as long as a function does. */
async function during<T>(
  url: string,
  work: () => Promise<T>,
): Promise<{ lookups: TrafficFigures; statistics: TrafficFigures; result: T }> {
  const ending = new AbortController();
  const traffic = busyTraffic(url, ending.signal);
  let result: T;
  try {
    result = await work();
  } finally {
    ending.abort();
    await traffic;
  }
  const [lookups, statistics] = await traffic;
  return { lookups, statistics, result };
}

async function offloaded(
  context: Context,
  engine: EngineName,
): Promise<{ idle: TrafficFigures; busy: Busy; env: Record<string, string> }> {
  const files = [
    await context.descartes(1, engine),
    await context.descartes(2, engine),
  ];
  await using server = await startCatalogue(context, engine, {
    env: { CACHE_ENTRIES: "0" },
  });
  const lookup = () => `${server.url}/api/genes/${anyGene()}`;
  await trafficFor(lookup, { perSecond: PER_SECOND, ms: 1_000 });
  context.say(`serving: idle on ${engine}`);
  const idle = await trafficFor(lookup, {
    perSecond: PER_SECOND,
    ms: IDLE_MS,
    isError: notOk,
  });
  context.say(`serving: loading on ${engine}`);
  const { result, ...traffic } = await during(server.url, async () => {
    const loop = { p999_ms: 0, max_ms: 0 };
    const started = performance.now();
    for (
      let i = 0;
      i < MAX_LOADS && performance.now() - started < BUSY_MS;
      i++
    ) {
      const { job } = await timedLoad(server, "descartes", {
        path: files[i % 2],
        part: "tpm",
      });
      loop.p999_ms = Math.max(loop.p999_ms, job.report!.loop.p999_ms);
      loop.max_ms = Math.max(loop.max_ms, job.report!.loop.max_ms);
    }
    return loop;
  });
  const code = await server.stop();
  if (code !== 0) throw new Error(`The server stopped with ${code}`);
  return { idle, busy: { ...traffic, loop: result }, env: { ...server.env } };
}

/** The same on one loop: see unoffloaded.ts. Loads one file, or part of it. */
async function unoffloaded(
  context: Context,
  engine: EngineName,
  env: Record<string, string>,
): Promise<Busy & { rows: number }> {
  const { DATA_DIR, DATABASE_URL } = env;
  await using child = startChild("./unoffloaded.ts", [
    DATA_DIR!,
    ...DATABASE_URL === undefined ? [] : [DATABASE_URL],
  ]);
  const { where } = await child.next<{ where: string }>();
  const file = await context.descartes(1, engine);
  const { result, ...traffic } = await during(where, async () => {
    const accepted = await fetch(
      `${where}/load?path=${encodeURIComponent(file)}`,
      { method: "POST", signal: AbortSignal.timeout(ANSWER_MS) },
    );
    await accepted.body?.cancel();
    const started = performance.now();
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      const answer = await fetch(`${where}/load`, {
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      const load: UnoffloadedLoad = await answer.json();
      if (load.error !== null) throw new Error(load.error);
      if (load.done || performance.now() - started > BASELINE_MS) return load;
    }
  });
  return { ...traffic, loop: result.loop, rows: result.rows };
}

async function benchEngine(
  context: Context,
  engine: EngineName,
): Promise<Figure[]> {
  const { idle, busy, env } = await offloaded(context, engine);
  context.say(`serving: the same without offloading on ${engine}`);
  const other = await unoffloaded(context, engine, env);
  const section = `serving, ${engine}`;
  const figure = (
    figure: string,
    value: number,
    rest: Partial<Figure> & { without?: number } = {},
  ): Figure => {
    const { without, ...more } = rest;
    return {
      section,
      figure,
      value,
      unit: "ms",
      ...(without === undefined
        ? {}
        : { baseline: { what: "not offloaded", value: without } }),
      ...more,
    };
  };
  const within = (value: number, most: number, text = `< ${most} ms`) => ({
    goal: { text, met: value < most },
  });
  const { lookups, statistics, loop } = busy;
  return [
    figure("idle: lookup p50", idle.p50, within(idle.p50, 10)),
    figure("idle: lookup p99", idle.p99),
    figure("idle: lookup max", idle.max),
    figure("loading: lookup p50", lookups.p50, { without: other.lookups.p50 }),
    figure("loading: lookup p99", lookups.p99, {
      without: other.lookups.p99,
      ...(engine === "PostgreSQL"
        ? within(lookups.p99, 2 * idle.p99, "≤ 2 × idle")
        : {}),
    }),
    figure("loading: lookup max", lookups.max, {
      without: other.lookups.max,
      ...(engine === "PGlite" ? within(lookups.max, 100) : {}),
    }),
    figure(`loading: errors of ${lookups.requests} lookups`, lookups.errors, {
      unit: "",
      without: other.lookups.errors,
      goal: { text: "none", met: lookups.errors === 0 },
    }),
    figure("loading: loop lag p99.9", loop.p999_ms, {
      without: other.loop.p999_ms,
      ...within(loop.p999_ms, 5),
    }),
    figure("loading: loop lag max", loop.max_ms, {
      without: other.loop.max_ms,
      ...within(loop.max_ms, 15),
    }),
    figure("loading: statistics p50", statistics.p50, {
      without: other.statistics.p50,
    }),
    figure(
      `loading: errors of ${statistics.requests} statistics`,
      statistics.errors,
      { unit: "", without: other.statistics.errors },
    ),
  ];
}

/** Lookups and statistics while a file of a million rows loads. */
export async function benchServing(context: Context): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const engine of ENGINES) {
    figures.push(...await benchEngine(context, engine));
  }
  return figures;
}
