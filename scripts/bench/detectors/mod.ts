/**
 * The detectors against the case book, each beside those of others on the same
 * cases, and what each mode of the monitor costs.
 *
 * @module
 */
import { denoHost } from "../../../tests/cases/drive.ts";
import { type BookCase, loadBook } from "../../../tests/cases/load_book.ts";
import { openWorkspace } from "../../../tests/cases/workspace.ts";
import type { Context } from "../context.ts";
import type { Figure } from "../figure.ts";
import type { MonitorName } from "../cpu_program.ts";
import { costFigures } from "../monitor.ts";
import { runNodeDetectors, runsOnNode } from "./node_detectors.ts";
import { type NodeCases, prepareNode } from "./node_setup.ts";
import { runBook } from "./run_book.ts";
import { type Goals, type Score, scoreFigures } from "./score.ts";
import { staticFigures } from "./static.ts";
import { watchdogFigures } from "./watchdog.ts";

const SECTION = "detectors";

interface Mode {
  /** As host_detectors.ts and cpu_program.ts know it. */
  mode: MonitorName;
  name: string;
  goals: Goals;
  line: boolean;
}

const MODES: readonly Mode[] = [
  { mode: "light", name: "light", goals: { alarms: 0 }, line: false },
  {
    mode: "exact",
    name: "exact",
    goals: { found: 100, route: 99, alarms: 0 },
    line: false,
  },
  {
    mode: "profile",
    name: "exact + rolling profile",
    goals: { found: 100, route: 99, line: 95, alarms: 0 },
    line: true,
  },
];

function sayMisses(
  say: (text: string) => void,
  name: string,
  score: Score,
  line: boolean,
): void {
  const tell = (what: string, names: Iterable<string>) => {
    const all = [...names];
    if (all.length > 0) say(`${name} ${what}: ${all.join(", ")}`);
  };
  tell("does not report", score.missed);
  if (line) tell("gives another line, or none, for", score.misplaced);
  tell("blames the innocent", score.alarmed);
  tell("made these last for over 30 s", score.gaveUp);
}

async function tryNode(context: Context): Promise<NodeCases | null> {
  const folder = `${context.folder}/node`;
  await Deno.mkdir(folder);
  try {
    return await prepareNode(folder);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    context.say(`the detectors of others are left out: ${why}`);
    return null;
  }
}

/** Scores and costs of the detectors. */
export async function benchDetectors(context: Context): Promise<Figure[]> {
  const { say } = context;
  // Only a profile may know more of the second occurrence than of the first.
  const occurrences = (line: boolean) => context.full ? 5 : line ? 2 : 1;
  const book = await loadBook();
  await using workspace = await openWorkspace();
  const figures: Figure[] = [];
  const run = (
    detector: string,
    line: boolean,
    only?: (one: BookCase) => boolean,
  ) =>
    runBook(book, {
      occurrences: occurrences(line),
      host: (file) => denoHost(detector, workspace.folder, [file]),
      ...(only === undefined ? {} : { only }),
    });

  let best: Score | null = null;
  for (const { mode, name, goals, line } of MODES) {
    say(
      `${name}: ${book.cases.length} cases, runs of each: ${occurrences(line)}`,
    );
    const score = await run(mode, line);
    best = score;
    sayMisses(say, name, score, line);
    const names = { route: true, line };
    figures.push(
      ...scoreFigures(score, { section: SECTION, name, goals, names }),
    );
  }

  say("guard: the cases with a call of the list, and the innocents");
  const guard = await run(
    "guard",
    false,
    ({ it }) => it.innocent || it.api !== null,
  );
  sayMisses(say, "guard", guard, true);
  figures.push(
    ...scoreFigures(guard, {
      section: SECTION,
      name: "guard",
      goals: { alarms: 0 },
    }),
  );

  const node = await tryNode(context);
  if (node !== null) {
    say(`the detectors of others, on Node ${node.version}`);
    const onNode = new Set(
      book.cases.filter(runsOnNode).map(({ it }) => it.name),
    );
    const ours = best!.of((name) => onNode.has(name));
    const others = await runNodeDetectors(book, node, {
      workspace: workspace.folder,
      // Nothing is learnt from one occurrence for the next.
      occurrences: 1,
    });
    for (const { name, score } of others) {
      sayMisses(say, name, score, true);
      figures.push(
        ...scoreFigures(score, {
          section: SECTION,
          name,
          // On Node 20 neither tells which request it was.
          names: { route: false, line: true },
          beside: { what: "exact + rolling profile, same cases", score: ours },
        }),
      );
    }
  }
  figures.push(...await staticFigures(book, node, { section: SECTION, say }));
  figures.push(...await watchdogFigures(SECTION));
  for (const { mode, name } of MODES) {
    say(`${name}: CPU per request`);
    figures.push(
      ...await costFigures(context, { section: SECTION, mode, name }),
    );
  }
  return figures;
}
