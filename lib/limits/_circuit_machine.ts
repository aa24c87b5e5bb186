/** `closed`: calls go through. `open`: none does. `half-open`: a few do, to try. */
export type CircuitState = "closed" | "open" | "half-open";

/** What a call's end says about the other side. */
export type CircuitOutcome = "success" | "failure" | "neither";

/** A call that was let through. */
export interface CircuitCall {
  readonly holder: string;
  readonly since: number;
  /** The number of state changes when it started. */
  readonly epoch: number;
}

/** What a call threw, where it threw. */
export interface Thrown {
  readonly error: unknown;
}

/** When the machine changes its state. */
export interface CircuitRules {
  readonly failures: number;
  readonly openMs: number;
  readonly successes: number;
  readonly halfOpenAtOnce: number;
}

/** The states of a circuit breaker, and what leads from one to another. */
export class CircuitMachine {
  readonly #rules: CircuitRules;
  readonly #onChange: (
    from: CircuitState,
    to: CircuitState,
    thrown: Thrown | undefined,
  ) => void;
  /** Trials of this half-open time that have neither ended nor taken too long. */
  readonly #trials = new Set<CircuitCall>();
  #state: CircuitState = "closed";
  #epoch = 0;
  /** Failures in a row while closed, successes while half-open. */
  #count = 0;
  #openUntil = 0;
  #opened = 0;

  constructor(
    rules: CircuitRules,
    onChange: (
      from: CircuitState,
      to: CircuitState,
      thrown: Thrown | undefined,
    ) => void,
  ) {
    this.#rules = rules;
    this.#onChange = onChange;
  }

  get state(): CircuitState {
    return this.#state;
  }

  /** How often it has opened. */
  get opened(): number {
    return this.#opened;
  }

  /** Milliseconds until a call may go through. */
  leftMs(now: number): number {
    return this.#state === "open" ? Math.max(0, this.#openUntil - now) : 0;
  }

  /** Lets a call through, or not: undefined. */
  enter(now: number, holder: string): CircuitCall | undefined {
    if (this.#state === "open") {
      if (this.leftMs(now) > 0) return undefined;
      this.#change("half-open");
    }
    const trial = this.#state === "half-open";
    if (trial && !this.#hasRoom(now)) return undefined;
    const call: CircuitCall = { holder, since: now, epoch: this.#epoch };
    if (trial) this.#trials.add(call);
    return call;
  }

  /** The call has ended. */
  leave(
    call: CircuitCall,
    { now, outcome, thrown }: {
      now: number;
      outcome: CircuitOutcome;
      thrown: Thrown | undefined;
    },
  ): void {
    const known = this.#state === "closed" || this.#trials.delete(call);
    if (call.epoch !== this.#epoch || !known || outcome === "neither") return;
    const { failures, successes } = this.#rules;
    if (this.#state === "half-open") {
      if (outcome === "failure") this.#open(now, thrown);
      else if (++this.#count >= successes) this.#change("closed");
    } else if (outcome === "success") this.#count = 0;
    else if (++this.#count >= failures) this.#open(now, thrown);
  }

  #hasRoom(now: number): boolean {
    const { openMs, halfOpenAtOnce } = this.#rules;
    for (const trial of this.#trials) {
      if (now - trial.since >= openMs) this.#trials.delete(trial);
    }
    return this.#trials.size < halfOpenAtOnce;
  }

  #open(now: number, thrown: Thrown | undefined): void {
    this.#opened++;
    this.#openUntil = now + this.#rules.openMs;
    this.#change("open", thrown);
  }

  #change(to: CircuitState, thrown?: Thrown): void {
    const from = this.#state;
    this.#state = to;
    this.#epoch++;
    this.#count = 0;
    this.#trials.clear();
    this.#onChange(from, to, thrown);
  }
}
