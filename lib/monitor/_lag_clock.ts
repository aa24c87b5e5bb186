/**
 * A tick counts as late from here on: Deno's 2 ms interval comes 0.1 ms late
 * on 2.9.6 and 1.2 ms late on 2.5.6 when nothing holds the loop (medians).
 */
const SLACK_MS = 1.5;
const STALLS = 1024;

interface Stall {
  from: number;
  to: number;
  /** Total before this stall. */
  before: number;
}

/**
 * The lag of the loop as an integral over time: how many milliseconds it was
 * late so far, at this instant or at one in the past, also in mid-stall.
 */
export class LagClock {
  readonly #tickMs: number;
  readonly #stalls: Stall[] = [];
  #next = 0;
  #total = 0;
  /** From when on the coming tick is late. */
  due: number;

  constructor(now: number, tickMs: number) {
    this.#tickMs = tickMs;
    this.due = now + tickMs + SLACK_MS;
  }

  /** Takes note of a tick; returns when the stall before it began, if late. */
  tick(now: number): void {
    if (now > this.due) {
      this.#stalls[this.#next] = {
        from: this.due,
        to: now,
        before: this.#total,
      };
      this.#next = (this.#next + 1) % STALLS;
      this.#total += now - this.due;
    }
    this.due = now + this.#tickMs + SLACK_MS;
  }

  /** Total lag at an instant not before the last tick. */
  at(now: number): number {
    return now > this.due ? this.#total + now - this.due : this.#total;
  }

  /** Total lag at any instant; from before the oldest stall kept, too high. */
  atPast(time: number): number {
    let later: Stall | undefined;
    for (let i = 0; i < this.#stalls.length; i++) {
      const stall = this.#stalls[(this.#next - 1 - i + STALLS) % STALLS]!;
      if (stall.to <= time) break;
      later = stall;
    }
    if (later === undefined) return this.at(time);
    return later.before + Math.max(0, time - later.from);
  }
}
