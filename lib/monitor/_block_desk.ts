import { adviceFor, causeBySamples, causeOf } from "./_advice.ts";
import type { Attribution, Attributor } from "./_attribution.ts";
import type { BlockFacts, BlockLog } from "./_block_log.ts";
import { explain, type Explanation } from "./_explain.ts";
import {
  judge,
  type Suspicion,
  type Verdict,
  withoutCoreMs,
} from "./_judge.ts";
import type { Pieces } from "./_own_work.ts";
import type { Profiling } from "./_profiling.ts";
import type { ProfileChunk } from "./_rolling_profile.ts";
import type { BlockReport } from "./types.ts";

/**
 * Without a profile's word after so many turns of the loop, a report goes out
 * without a line. Turns, not time: the next block may be a long one.
 */
const LONGEST_WAIT_TICKS = 1_500;

/** How often it is asked whether nothing is held any more. */
const EMPTY_AGAIN_MS = 5;

/** What a report says apart from what the desk finds out. */
export type KnownFacts = Omit<
  BlockFacts,
  | "message"
  | "culprit"
  | "stack"
  | "cause"
  | "advice"
  | "threshold_ms"
  | "longest_ms"
  | "preempted_ms"
>;

/** A suspicion on the desk. */
interface Case {
  suspicion: Suspicion;
  facts: KnownFacts;
  /** Where, when there is no route. */
  where: string;
  ticks: number;
  onBlock: ((report: BlockReport) => void) | undefined;
}

interface Finding extends Attribution {
  explanation: Explanation;
}

/**
 * Takes suspicions, waits for what the profile says of them, and makes reports
 * of those that are blocks. Without a profile that is at once.
 */
export class BlockDesk {
  readonly #log: BlockLog;
  readonly #profiling: Profiling;
  readonly #held = new Set<Case>();
  readonly verdicts: Record<Exclude<Verdict, "block">, number> = {
    preempted: 0,
    idle: 0,
    paused: 0,
    suspended: 0,
  };

  constructor(log: BlockLog, profiling: Profiling) {
    this.#log = log;
    this.#profiling = profiling;
  }

  add(
    suspicion: Suspicion,
    facts: KnownFacts,
    { now, where = "outside any handler", onBlock }: {
      now: number;
      where?: string;
      onBlock?: ((report: BlockReport) => void) | undefined;
    },
  ): void {
    const { profile, attributor, work } = this.#profiling;
    // What is no block whatever the profile says needs none. Of what may have
    // been stolen it has the last word.
    const verdict = judge(
      profile === null ? suspicion : { ...suspicion, stolenMs: 0 },
      null,
    );
    if (verdict !== "block") {
      this.verdicts[verdict]++;
      return;
    }
    const one: Case = { suspicion, facts, where, ticks: 0, onBlock };
    this.#held.add(one);
    if (profile === null || attributor === null) {
      return this.#close(one, null, now);
    }
    profile.whenCovered(suspicion.span.to, (chunk) => {
      if (chunk === null) this.#close(one, null, performance.now());
      else work.run(this.#examine(one, chunk, attributor), chunk.turnFrom);
    });
  }

  *#examine(
    one: Case,
    chunk: ProfileChunk,
    attributor: Attributor,
  ): Pieces<void> {
    yield;
    if (!this.#held.has(one)) return;
    const { span, except } = one.suspicion;
    const explanation = explain(chunk, span, except);
    yield;
    const attribution = yield* attributor.attribute(explanation);
    yield;
    this.#close(one, { explanation, ...attribution }, performance.now());
  }

  #close(one: Case, finding: Finding | null, now: number): void {
    if (!this.#held.delete(one)) return;
    const { suspicion } = one;
    const unexplained = finding === null && suspicion.kind === "gap" &&
      this.#profiling.profile !== null;
    // A gap that the profile was to explain and did not may be anything.
    const verdict = unexplained
      ? "idle"
      : judge(suspicion, finding?.explanation ?? null);
    if (verdict !== "block") this.verdicts[verdict]++;
    else {
      const report = reportOf(one, finding);
      this.#log.add(keyOf(report), report, now, one.onBlock);
    }
  }

  /** Reports that the profile has not yet told about, as far as they are known. Oldest first. */
  held(): BlockFacts[] {
    return [...this.#held].filter((it) => it.suspicion.kind === "call")
      .map((it) => reportOf(it, null));
  }

  /** How many reports {@linkcode held} would give. */
  get heldCount(): number {
    let count = 0;
    for (const { suspicion } of this.#held) {
      if (suspicion.kind === "call") count++;
    }
    return count;
  }

  /** Lets go of what waited too long: the host stopped delivering. */
  tick(now: number): void {
    for (const one of this.#held) {
      if (++one.ticks > LONGEST_WAIT_TICKS) this.#close(one, null, now);
    }
  }

  /** Resolves when nothing is held. Keeps the process alive until then. */
  async empty(): Promise<void> {
    while (this.#held.size > 0) {
      this.#profiling.profile?.hurry();
      await new Promise((resolve) => setTimeout(resolve, EMPTY_AGAIN_MS));
    }
  }

  /** Closes all cases with what is known. */
  stop(now: number): void {
    for (const one of [...this.#held]) this.#close(one, null, now);
  }
}

function keyOf({ route, culprit, message }: BlockFacts): string {
  const where = route ?? message;
  if (culprit === null) return where;
  return `${where} ${culprit.function} ${culprit.file}:${culprit.line}`;
}

function reportOf(
  { suspicion, facts, where }: Case,
  finding: Finding | null,
): BlockFacts {
  const { ms, cpuMs, thresholdMs } = suspicion;
  const preemptedMs = withoutCoreMs(suspicion, finding?.explanation ?? null);
  const byCpu = causeOf(ms, cpuMs, preemptedMs);
  const api = finding?.api ?? null;
  const cause = finding === null
    ? byCpu
    : causeBySamples(finding.explanation, api?.kind ?? null, byCpu);
  const culprit = finding?.culprit ?? null;
  const { route } = facts;
  const place = route !== null
    ? `in ${route}`
    : culprit === null
    ? where
    : `${where}, in ${culprit.function}`;
  return {
    ...facts,
    message: `Potential event loop blocking ${place}`,
    function: culprit?.function ?? facts.function,
    longest_ms: ms,
    preempted_ms: preemptedMs,
    threshold_ms: thresholdMs,
    culprit,
    stack: finding?.stack ?? [],
    cause,
    advice: adviceFor(cause, route, api),
  };
}
