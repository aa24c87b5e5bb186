/**
 * The inside of a process that runs cases: the same on Deno and on Node. It
 * serves the apps of the case book, and is told by lines on stdin what to do.
 *
 * @module
 */
import process from "node:process";
import { createInterface } from "node:readline";
import { Hono } from "hono";
import type { Case, CaseModule } from "./case.ts";
import {
  type Answer,
  type Found,
  MARK,
  type Question,
  type Ready,
  type Stall,
} from "./protocol.ts";

/** A detector, running in this process. */
export interface HostDetector {
  /** Registers what it needs in front of all routes. */
  use?(app: Hono): void;
  /** What it has found since it was last asked. */
  take(): Promise<Found[]> | Found[];
  stop?(): void | Promise<void>;
}

/** Options of {@linkcode runHost}. */
export interface HostOptions {
  modules: readonly CaseModule[];
  detector: HostDetector;
  /** Serves on a free port of loopback; answers its URL and how to stop. */
  serve(
    app: Hono,
  ): Promise<{ where: string; stop: () => void | Promise<void> }>;
}

const TICK_MS = 2;
/** A gap worth noting: what a case is there for holds the loop for longer. */
const STALL_MS = 15;
/** Nothing has happened for so long: the loop is quiet. */
const QUIET_MS = 40;
/** A block that was announced is waited for. */
const STALL_WITHIN_MS = 1_500;

const now = () => performance.timeOrigin + performance.now();
const pause = (ms: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Sees how long the loop was held, whatever the detectors say. */
function watchStalls(): {
  stalls: Stall[];
  lastEvent(): number;
  stop(): void;
} {
  const stalls: Stall[] = [];
  let last = now();
  let stalled = last;
  const interval = setInterval(() => {
    const at = now();
    if (at - last > STALL_MS) {
      stalls.push({ from: last + TICK_MS, to: at });
      stalled = at;
    }
    last = at;
  }, TICK_MS);
  return {
    stalls,
    lastEvent: () => stalled,
    stop: () => clearInterval(interval),
  };
}

/** Serves the apps and answers the lines of stdin until it ends. */
export async function runHost(options: HostOptions): Promise<void> {
  const { modules, detector } = options;
  const cases = new Map<string, Case>();
  const app = new Hono();
  // Handlers that throw on purpose answer 500 without a stack on stderr.
  app.onError((_, c) => c.text("failed", 500));
  detector.use?.(app);
  for (const module of modules) {
    app.route("/", module.app);
    for (const it of module.cases) cases.set(it.name, it);
  }
  const served = await options.serve(app);
  const watch = watchStalls();
  const say = (line: Ready | Answer) =>
    process.stdout.write(`${MARK}${JSON.stringify(line)}\n`);
  const found: Found[] = [];
  const nothing: Answer = { reports: [], stalls: [] };

  async function quiet(expectStall: boolean): Promise<void> {
    const asked = now();
    while (
      expectStall && watch.stalls.length === 0 &&
      now() - asked < STALL_WITHIN_MS
    ) await pause(10);
    while (now() - Math.max(asked, watch.lastEvent()) < QUIET_MS) {
      await pause(10);
    }
    found.push(...await detector.take());
  }

  async function answer(question: Question): Promise<Answer> {
    if (question.do === "take") {
      await quiet(question.expectStall);
      return { reports: found.splice(0), stalls: watch.stalls.splice(0) };
    }
    const asked = cases.get(question.case);
    if (asked === undefined) throw new Error(`No case ${question.case}`);
    if (question.do === "start") {
      // From a timer: reading stdin shall have no part in it.
      await pause(1);
      await asked.start?.();
      return nothing;
    }
    await asked.prepare?.();
    // What preparing took is not part of the case.
    await pause(5);
    await detector.take();
    found.length = 0;
    watch.stalls.length = 0;
    return nothing;
  }

  say({ where: served.where, cases: [...cases.keys()] });
  for await (const line of createInterface({ input: process.stdin })) {
    say(await answer(JSON.parse(line)));
  }
  watch.stop();
  await detector.stop?.();
  await served.stop();
}
