/** When something is on: above `high` at once, until it was below `low` for `holdMs`. */
export interface HysteresisLimits {
  high: number;
  low: number;
  holdMs: number;
}

/** A switch that does not flutter. It is told levels and times, and holds no timer. */
export class Hysteresis {
  readonly #limits: HysteresisLimits;
  #on = false;
  #calmSince: number | null = null;

  /** @throws {RangeError} `low` is above `high`. */
  constructor(limits: HysteresisLimits) {
    const { high, low, holdMs } = limits;
    if (!(low <= high) || !(low > 0) || !(holdMs >= 0)) {
      throw new RangeError(
        `Cannot set limits high ${high}, low ${low}, hold ${holdMs} ms: low must be above 0 and at most high, hold at least 0`,
      );
    }
    this.#limits = limits;
  }

  get on(): boolean {
    return this.#on;
  }

  /** @param now Milliseconds that never go back. @returns Whether it is on now. */
  update(level: number, now: number): boolean {
    const { high, low, holdMs } = this.#limits;
    if (!this.#on) {
      this.#on = level > high;
      this.#calmSince = null;
    } else if (level >= low) this.#calmSince = null;
    else {
      this.#calmSince ??= now;
      if (now - this.#calmSince >= holdMs) this.#on = false;
    }
    return this.#on;
  }
}
