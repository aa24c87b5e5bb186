/** Drives a host process: sends the requests of cases, collects the reports. */
import { fileURLToPath } from "node:url";
import { readLines } from "../helpers/read_lines.ts";
import { type Case, requestsOf } from "./case.ts";
import type { Run } from "./judge.ts";
import {
  type Answer,
  type Found,
  MARK,
  type Question,
  type Ready,
} from "./protocol.ts";

/** A running host. */
export interface CaseHost extends AsyncDisposable {
  /** Names of the cases that it has. */
  readonly cases: readonly string[];
  /** Runs a case once. */
  run(it: Case): Promise<Run>;
}

/** A program that behaves as host_core.ts does. */
export interface HostProgram {
  command: string;
  args: readonly string[];
  /** Asked for reports that come by another way, after each run. */
  collect?: () => Promise<Found[]>;
}

/** The host of this folder, under one of the detectors of host_detectors.ts. */
export function denoHost(
  detector: string,
  folder: string,
  files: readonly string[],
): HostProgram {
  return {
    command: Deno.execPath(),
    args: [
      "run",
      "-A",
      ...(detector === "guard"
        ? ["--preload", new URL("./guard_preload.ts", import.meta.url).href]
        : []),
      fileURLToPath(new URL("./host.ts", import.meta.url)),
      detector,
      folder,
      ...files,
    ],
  };
}

const REQUEST_WITHIN_MS = 30_000;

/**
 * Starts a host. Disposing of it ends the process.
 *
 * @param program What to run.
 */
export async function startHost(program: HostProgram): Promise<CaseHost> {
  // Coverage keeps V8 from optimising: what holds no loop otherwise may then,
  // in one run of ten. What is measured runs without it.
  const { DENO_COVERAGE_DIR: _, ...env } = Deno.env.toObject();
  const child = new Deno.Command(program.command, {
    args: [...program.args],
    clearEnv: true,
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = readLines(child.stdout);
  async function next<T>(): Promise<T> {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("The host of the cases has ended");
      if (value.startsWith(MARK)) return JSON.parse(value.slice(MARK.length));
    }
  }
  async function ask(question: Question): Promise<Answer> {
    const line = JSON.stringify(question) + "\n";
    await writer.write(new TextEncoder().encode(line));
    return await next<Answer>();
  }
  async function end(): Promise<void> {
    await writer.close().catch(() => {});
    const late = setTimeout(() => child.kill("SIGKILL"), 3_000);
    // What it still prints is read, so that it can end.
    while (!(await lines.next()).done);
    await child.status;
    clearTimeout(late);
  }
  let ready: Ready;
  try {
    ready = await next<Ready>();
  } catch (error) {
    await end();
    throw error;
  }

  async function send(
    { method, path }: { method: string; path: string },
    body: BodyInit | null,
  ): Promise<void> {
    const answer = await fetch(ready.where + path, {
      method,
      body,
      signal: AbortSignal.timeout(REQUEST_WITHIN_MS),
    });
    await answer.bytes();
    if (answer.status === 404) throw new Error(`There is no ${method} ${path}`);
  }

  return {
    cases: ready.cases,
    async run(it) {
      // Made first: what the driver does must not come in between.
      const bodies: (BodyInit | null)[] = [];
      for (const _ of requestsOf(it)) bodies.push(await it.body?.() ?? null);
      await ask({ do: "prepare", case: it.name });
      await program.collect?.();
      // deno-lint-ignore loophound/no-unbounded-fan-out -- a case has a handful
      await Promise.all([
        ...requestsOf(it).map((request, i) => send(request, bodies[i]!)),
        ...it.start === undefined ? [] : [ask({ do: "start", case: it.name })],
      ]);
      const run = await ask({ do: "take", expectStall: !it.innocent });
      run.reports.push(...await program.collect?.() ?? []);
      return run;
    },
    [Symbol.asyncDispose]: end,
  };
}
