/** When a watchdog speaks. Milliseconds. */
export interface StallLimits {
  stallMs: number;
  repeatMs: number;
  maxRepeatMs: number;
  exitAfterMs: number | null;
  graceMs: number;
}

/** What one look at the heartbeat found. */
export interface Look {
  /** Of the thread's own `performance.now()`. */
  now: number;
  beats: number;
  /** How long ago the newest beat was, by the loop's word. */
  sinceBeat: number;
  /** Silence means nothing now: a debugger holds the loop, or the monitor is stopped. */
  excused: boolean;
}

/**
 * Milliseconds between two looks. A look costs a thread 0.2 ms of CPU (Deno
 * 2.9.6), so that there are few while the loop turns; when it has stood still
 * for a moment, more, for exact times.
 */
const IDLE_POLL_MS = 400;
const SUSPECT_POLL_MS = 20;
const SUSPECT_MS = 100;
/** A look this much too late says that the thread did not run either. */
const LATE_MS = 100;

/**
 * Tells how long the loop has stood still, and when to say so.
 *
 * Only time in which this thread itself ran counts: a machine that slept, a
 * process that was stopped (SIGSTOP, a frozen container) are no stall.
 */
export class StallClock {
  readonly #limits: StallLimits;
  readonly #lateMs: number;
  readonly #graceEnds: number;
  #last: number;
  #beats: number;
  #nextReport: number;
  #gap: number;
  /** For how long the loop has not turned, as far as it counts. */
  stalledMs = 0;
  /** How often that has been said. */
  reports = 0;

  constructor(limits: StallLimits, now: number, beats: number) {
    this.#limits = limits;
    this.#lateMs = Math.min(LATE_MS, limits.stallMs / 4);
    this.#last = now;
    this.#graceEnds = now + limits.graceMs;
    this.#beats = beats;
    this.#nextReport = limits.stallMs;
    this.#gap = limits.repeatMs;
  }

  /** Milliseconds until the next look. */
  get pollMs(): number {
    const { stallMs } = this.#limits;
    const most = this.stalledMs > SUSPECT_MS ? SUSPECT_POLL_MS : IDLE_POLL_MS;
    return Math.min(most, 0.4 * stallMs);
  }

  /**
   * Takes a look into account.
   *
   * @returns How long a stall that was reported has lasted in all, when it is
   * over; else null.
   */
  look({ now, beats, sinceBeat, excused }: Look): number | null {
    const elapsed = now - this.#last;
    const late = elapsed > this.pollMs + this.#lateMs;
    const counted = late ? 0 : elapsed;
    this.#last = now;
    if (beats !== this.#beats) {
      this.#beats = beats;
      const total = this.stalledMs + Math.max(0, counted - sinceBeat);
      const over = this.reports > 0 && !excused ? total : null;
      this.#reset();
      // Two clocks: what the loop says is not taken for more than it can be.
      this.stalledMs = excused || now < this.#graceEnds
        ? 0
        : Math.max(0, Math.min(sinceBeat, counted));
      return over;
    }
    if (excused) this.#reset();
    else {
      const sinceGrace = now - this.#graceEnds;
      this.stalledMs += Math.max(0, Math.min(counted, sinceGrace));
    }
    return null;
  }

  /** What is due now. */
  due(): "exit" | "report" | null {
    const { exitAfterMs } = this.#limits;
    if (exitAfterMs !== null && this.stalledMs >= exitAfterMs) return "exit";
    return this.stalledMs >= this.#nextReport ? "report" : null;
  }

  /** It has been said; the next time is twice as far away as this one was. */
  reported(): void {
    this.reports++;
    do {
      this.#nextReport += this.#gap;
      this.#gap = Math.min(2 * this.#gap, this.#limits.maxRepeatMs);
    } while (this.#nextReport <= this.stalledMs);
  }

  #reset(): void {
    this.stalledMs = 0;
    this.reports = 0;
    this.#nextReport = this.#limits.stallMs;
    this.#gap = this.#limits.repeatMs;
  }
}
