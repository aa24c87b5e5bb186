/** How soon the watchdog names a handler that never ends, and where it is. */
import { fileURLToPath } from "node:url";
import { markedLines } from "../../../tests/cases/labels.ts";
import { readLines } from "../../../tests/helpers/read_lines.ts";
import type { Figure } from "../figure.ts";
import { median } from "../statistics.ts";

const PROGRAM = fileURLToPath(new URL("endless_program.ts", import.meta.url));
const ROUNDS = 3;
const GOAL_MS = 1_500;

interface Stall {
  message?: string;
  route?: string | null;
  culprit?: { file: string; line: number } | null;
  port?: number;
}

async function once(path: string): Promise<Stall & { ms: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", PROGRAM],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = readLines(child.stdout);
  const next = async (): Promise<Stall> => {
    for (;;) {
      const { value, done } = await lines.next();
      if (done) throw new Error("The endless program has ended");
      if (value.startsWith("{")) return JSON.parse(value);
    }
  };
  const given = new AbortController();
  try {
    const { port } = await next();
    const asked = performance.now();
    const answer = fetch(`http://127.0.0.1:${port}${path}`, {
      signal: given.signal,
    }).catch(() => {});
    const stall = await next();
    const ms = performance.now() - asked;
    given.abort();
    await answer;
    return { ...stall, ms };
  } finally {
    child.kill("SIGKILL");
    while (!(await lines.next()).done);
    await child.status;
  }
}

/** Figures of the watchdog. */
export async function watchdogFigures(section: string): Promise<Figure[]> {
  const marks = markedLines(
    new Map([["endless_program.ts", await Deno.readTextFile(PROGRAM)]]),
  );
  const times: number[] = [];
  let routes = 0;
  let lines = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (
      const [path, mark] of [
        ["/endless", "endless"],
        ["/endless-later", "endless_later"],
      ] as const
    ) {
      const { ms, route, culprit } = await once(path);
      times.push(ms);
      if (route === `GET ${path}`) routes++;
      if (marks.get(mark)?.some(({ line }) => line === culprit?.line)) lines++;
    }
  }
  const share = (count: number) => 100 * count / times.length;
  return [
    {
      section,
      figure: "watchdog: from the request to the report of a loop without end",
      value: median(times),
      unit: "ms",
      goal: {
        text: `≤ ${GOAL_MS} ms, all`,
        met: Math.max(...times) <= GOAL_MS,
      },
    },
    {
      section,
      figure: "watchdog: right route",
      value: share(routes),
      unit: "%",
    },
    {
      section,
      figure: "watchdog with live stacks: right line",
      value: share(lines),
      unit: "%",
    },
  ];
}
