/** Sums up how a detector did on the case book. */
import type { Verdict } from "../../../tests/cases/judge.ts";
import type { Figure } from "../figure.ts";
import { median } from "../statistics.ts";

/** So many of so many. */
interface Share {
  hits: number;
  of: number;
}

const share = (): Share => ({ hits: 0, of: 0 });

function count(into: Share, hit: boolean): void {
  into.of++;
  if (hit) into.hits++;
}

const percent = ({ hits, of }: Share) => of === 0 ? NaN : 100 * hits / of;

/** One run of a case, judged. */
type Entry =
  | { name: string; occurrence: number; verdict: Verdict }
  | { name: string; alarmed: boolean };

/** How a detector did. */
export class Score {
  readonly #entries: Entry[] = [];
  readonly found = share();
  readonly foundFirst = share();
  readonly route = share();
  readonly lineFirst = share();
  readonly lineLater = share();
  readonly cause = share();
  /** Runs of innocents and victims in which somebody was blamed. */
  readonly alarms = share();
  readonly latencies: number[] = [];
  /** Cases that were not found, or without the right line, at least once. */
  readonly missed = new Set<string>();
  readonly misplaced = new Set<string>();
  readonly alarmed = new Set<string>();
  /** Cases that the program did not answer under the detector. */
  readonly gaveUp = new Set<string>();

  /** Takes the verdict on one occurrence, counted from 0. */
  addBlock(name: string, occurrence: number, verdict: Verdict): void {
    this.#entries.push({ name, occurrence, verdict });
    count(this.found, verdict.found);
    if (occurrence === 0) count(this.foundFirst, verdict.found);
    count(this.route, verdict.route);
    count(occurrence === 0 ? this.lineFirst : this.lineLater, verdict.line);
    count(this.cause, verdict.cause);
    if (verdict.latencyMs !== null) this.latencies.push(verdict.latencyMs);
    if (!verdict.found) this.missed.add(name);
    else if (!verdict.line) this.misplaced.add(name);
    if (verdict.falseAlarms.length > 0) {
      count(this.alarms, true);
      this.alarmed.add(name);
    }
  }

  addInnocent(name: string, alarmed: boolean): void {
    this.#entries.push({ name, alarmed });
    count(this.alarms, alarmed);
    if (alarmed) this.alarmed.add(name);
  }

  /** The score of some of the cases. */
  of(isWanted: (name: string) => boolean): Score {
    const part = new Score();
    for (const entry of this.#entries) {
      if (!isWanted(entry.name)) continue;
      if ("verdict" in entry) {
        part.addBlock(entry.name, entry.occurrence, entry.verdict);
      } else part.addInnocent(entry.name, entry.alarmed);
    }
    return part;
  }
}

/** What is aimed at: design.md of the house, "What fast means here". */
export interface Goals {
  found?: number;
  route?: number;
  line?: number;
  alarms?: number;
}

/** Options of {@linkcode scoreFigures}. */
export interface ScoreOptions {
  section: string;
  /** Heads each figure: the detector, and what it was tried on. */
  name: string;
  goals?: Goals;
  /** Another detector on the same cases. */
  beside?: { what: string; score: Score };
  /** Whether it can name routes and lines at all. */
  names?: { route: boolean; line: boolean };
}

/** The figures of a score. */
export function scoreFigures(score: Score, options: ScoreOptions): Figure[] {
  const { section, name, goals = {}, beside } = options;
  const names = options.names ?? { route: true, line: true };
  const figures: Figure[] = [];
  const add = (
    figure: string,
    pick: (score: Score) => number,
    rest: Partial<Figure> = {},
  ) => {
    const value = pick(score);
    if (Number.isNaN(value)) return;
    const other = beside === undefined ? NaN : pick(beside.score);
    figures.push({
      section,
      figure: `${name}: ${figure}`,
      value,
      unit: "%",
      ...(beside === undefined || Number.isNaN(other)
        ? {}
        : { baseline: { what: beside.what, value: other } }),
      ...rest,
    });
  };
  const atLeast = (goal: number | undefined, value: number) =>
    goal === undefined
      ? {}
      : { goal: { text: `≥ ${goal} %`, met: value >= goal } };
  add(
    `blocks found, first occurrence (${score.foundFirst.of})`,
    (it) => percent(it.foundFirst),
    atLeast(goals.found, percent(score.foundFirst)),
  );
  add(
    `blocks found, all occurrences (${score.found.of})`,
    (it) => percent(it.found),
  );
  if (names.route) {
    add(
      "right route",
      (it) => percent(it.route),
      atLeast(goals.route, percent(score.route)),
    );
  }
  if (names.line) {
    add("right line, first occurrence", (it) => percent(it.lineFirst));
    add(
      "right line, from the second on",
      (it) => percent(it.lineLater),
      atLeast(goals.line, percent(score.lineLater)),
    );
  }
  add(
    `runs of innocents with an alarm (${score.alarms.of})`,
    (it) => percent(it.alarms),
    goals.alarms === undefined ? {} : {
      goal: {
        text: `${goals.alarms}`,
        met: score.alarms.hits <= goals.alarms,
      },
    },
  );
  add(
    "from the end of the block to the report, median",
    (it) => it.latencies.length === 0 ? NaN : median(it.latencies),
    { unit: "ms" },
  );
  return figures;
}
