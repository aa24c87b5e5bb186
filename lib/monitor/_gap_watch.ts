import type { BlockDesk } from "./_block_desk.ts";
import type { Call } from "./_call.ts";
import type { CallTracker } from "./_call_tracker.ts";
import type { CpuTime } from "./_cpu_clock.ts";
import { judgeGap, leastUnexplained } from "./_gap.ts";
import type { Profiling } from "./_profiling.ts";
import { isInspected } from "./_watchdog_inspector.ts";

/** What the watch asks, and whom it tells. Times in milliseconds. */
export interface GapWatchParts {
  thresholdMs: number;
  tickMs: number;
  calls: CallTracker;
  cpu: CpuTime;
  profiling: Profiling;
  desk: BlockDesk;
  /** For how long the thread had no core. */
  delayBetween: (from: number, to: number) => number;
  /** Whether the start-up grace lasted then. */
  isStartup: (at: number) => boolean;
}

/** A gap between two ticks, and whose it may be. */
interface OpenGap {
  from: number;
  to: number;
  /** What no call accounts for. */
  unexplained: number;
  /** For how long the thread had no core. */
  delay: number;
  /** For how long at most its core was a hypervisor's. */
  stolen: number;
}

/** Finds what held the loop between two ticks outside of all that is measured. */
export class GapWatch {
  readonly #parts: GapWatchParts;
  /** Gaps in which the thread hardly computed, where no profile tells more. */
  parked = 0;
  /** Gaps in which the machine stood still. */
  suspended = 0;

  constructor(parts: GapWatchParts) {
    this.#parts = parts;
  }

  /** The gap worth a look. */
  get #leastMs(): number {
    const { thresholdMs, profiling } = this.#parts;
    return leastUnexplained(thresholdMs, profiling.profile !== null);
  }

  /**
   * To be called at each tick, with what it is from the tick before.
   *
   * @returns Whether the gap counts as lag at all.
   */
  look(gap: number, now: number): boolean {
    const { calls, tickMs } = this.#parts;
    const unexplained = gap - tickMs - calls.explained;
    return unexplained <= this.#leastMs ||
      this.#lookInto(gap, unexplained, now);
  }

  #lookInto(gap: number, unexplained: number, now: number): boolean {
    const { calls, cpu, profiling, desk } = this.#parts;
    const verdict = judgeGap({
      gap,
      unexplained,
      explained: calls.explained,
      ...cpu.inLast(gap, now),
      exact: cpu.exact,
    });
    if (verdict === "suspended") {
      this.suspended++;
      return false;
    }
    const sampled = profiling.profile !== null;
    if (verdict === "parked" && !sampled) {
      this.parked++;
      return true;
    }
    if (this.#isStartup(now) && !sampled) return true;
    const from = now - gap;
    const delay = this.#parts.delayBetween(from, now);
    const stolen = cpu.stolenBetween(from, now);
    // What the profile may contradict is left to it.
    if (unexplained - delay - (sampled ? 0 : stolen) <= this.#leastMs) {
      desk.verdicts.preempted++;
      return true;
    }
    const suspects = calls.mode === "light" ? this.#suspects() : null;
    if (
      verdict !== "parked" && suspects?.count === 1 && suspects.one !== null
    ) {
      calls.addUnseen(suspects.one, unexplained, now);
    } else if (verdict === "computed" || sampled) {
      const open = { from, to: now, unexplained, delay, stolen };
      this.#suspect(open, suspects?.count ?? 0);
    }
    return true;
  }

  /**
   * Whether a gap that ended then belongs to the start-up: what of it came after
   * the grace is not worth a look. Who ends the grace does so at the end of a
   * turn that the start-up has held.
   */
  #isStartup(to: number): boolean {
    return this.#parts.isStartup(to - this.#leastMs - this.#parts.tickMs);
  }

  /** The outermost calls that were in flight in the gap that just ended. */
  #suspects(): { count: number; one: Call | null } {
    const { calls } = this.#parts;
    let count = calls.endedCount;
    let one = calls.endedLast;
    for (const call of calls.inFlight) {
      if (call.nested) continue;
      count++;
      one = call;
    }
    return { count, one };
  }

  #suspect(
    { from, to, unexplained, delay, stolen }: OpenGap,
    suspects: number,
  ): void {
    const { calls, cpu, desk } = this.#parts;
    desk.add({
      kind: "gap",
      span: { from, to },
      except: calls.spans,
      ms: unexplained,
      thresholdMs: this.#leastMs,
      preemptedMs: delay,
      stolenMs: stolen,
      cpuMs: cpu.between(from, to),
      inspected: isInspected(),
    }, {
      time: new Date().toISOString(),
      own_ms: unexplained,
      inherited_ms: 0,
      wall_ms: null,
      route: null,
      function: null,
      trace_id: null,
      startup: this.#isStartup(to),
    }, {
      now: to,
      where: suspects === 0
        ? "outside any handler"
        : `in one of ${suspects} handlers in flight`,
    });
  }
}
