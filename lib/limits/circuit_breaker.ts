import {
  type CircuitCall,
  CircuitMachine,
  type CircuitOutcome,
  type CircuitRules,
  type CircuitState,
  type Thrown,
} from "./_circuit_machine.ts";
import { WorkFigures } from "./work_figures.ts";
import { currentHolder } from "./holder.ts";
import { notify } from "./_notify.ts";
import type { AcquireOptions, LimitStats } from "./types.ts";

export type { CircuitState };

/** The circuit is open, or half-open with all its trials under way: the call was not made. */
export class CircuitOpenError extends Error {
  override readonly name = "CircuitOpenError";
  /** The breaker's name. */
  readonly circuit: string;
  /** Milliseconds until a call may go through; 0 while trials are under way. */
  readonly retryAfterMs: number;

  constructor(circuit: string, retryAfterMs: number) {
    super(
      `Cannot call "${circuit}": ${
        retryAfterMs > 0
          ? `it failed too often and is left alone for ${
            Math.ceil(retryAfterMs / 1_000)
          } s more`
          : "it failed too often and is being tried"
      }`,
    );
    this.circuit = circuit;
    this.retryAfterMs = retryAfterMs;
  }
}

/** A change of state. */
export interface CircuitChange {
  readonly circuit: string;
  readonly from: CircuitState;
  readonly to: CircuitState;
  /** What the last call threw, where that opened the circuit. */
  readonly error?: unknown;
}

/** Options of {@linkcode createCircuitBreaker}. */
export interface CircuitBreakerOptions {
  /**
   * So many calls that fail one after the other open it.
   *
   * @default {5}
   */
  failures?: number;
  /**
   * Milliseconds that it stays open.
   *
   * @default {300_000}
   */
  openMs?: number;
  /**
   * So many trials that succeed close it again; one that fails opens it.
   *
   * @default {2}
   */
  successes?: number;
  /**
   * Trials under way at once. One that has not ended after `openMs` gives its
   * place up and counts no more, so that a hanging one does not lock all out.
   *
   * @default {1}
   */
  halfOpenAtOnce?: number;
  /**
   * Whether what a call threw speaks against the other side. If not (it
   * answered "not found"), the call counts as a success.
   *
   * @default {() => true}
   */
  isFailure?: (error: unknown) => boolean;
  /** Told of each change of state. What it throws is reported, and changes nothing. */
  onChange?: (change: CircuitChange) => void;
  /**
   * Milliseconds of a clock that never goes back.
   *
   * @default {performance.now}
   */
  now?: () => number;
}

/** WorkFigures of a breaker. Its `limit` is null when closed, 0 when open. */
export interface CircuitStats extends LimitStats {
  readonly kind: "breaker";
  readonly state: CircuitState;
  /** Milliseconds until a call may go through. */
  readonly retry_after_ms: number;
  /** Calls that were not made. */
  readonly refused: number;
  /** How often it has opened. */
  readonly opened: number;
}

/** Stops calling what keeps failing. */
export interface CircuitBreaker {
  readonly name: string;
  /** Changes when calls come and end, not by itself: it is `open` until the first trial. */
  readonly state: CircuitState;
  /**
   * Makes the call if the circuit lets it through.
   *
   * @throws {CircuitOpenError} It does not.
   */
  run<T>(
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options?: Pick<AcquireOptions, "signal" | "holder">,
  ): Promise<T>;
  stats(): CircuitStats;
}

/**
 * Creates a circuit breaker: after failures in a row it refuses calls for a
 * while, then lets trials through, and closes when these succeed.
 *
 * A call that its caller aborted (its signal aborted, or it threw an
 * `AbortError`) counts neither way. A signal that aborted with a
 * `TimeoutError` does count: the other side did not answer in the time it was
 * given, and hanging is the commonest way to fail. A call that ends after the
 * state has changed under it counts neither way either.
 *
 * A call counts when it ends. Where the work may ignore its signal, put
 * `withDeadline()` inside the call and not around it.
 *
 * Our own and not cockatiel's (4.0): that one counts results of calls that
 * started before the last change and what callers abort, and lets callers queue
 * behind the trials, deaf to their signals.
 *
 * @param name What is called, for errors and figures.
 * @param options When it opens and closes.
 * @returns The breaker. It has no timer and needs no closing; `limits.add()`
 * shows its figures among those of the limits.
 * @throws {RangeError} An option is out of its range.
 *
 * @example Usage
 * ```ts
 * import { CircuitOpenError, createCircuitBreaker } from "@loophound/toolkit/limits";
 * import assert from "node:assert/strict";
 *
 * const discogs = createCircuitBreaker("discogs", { failures: 1 });
 * const fail = () => Promise.reject(new Error("Bad gateway"));
 * await assert.rejects(discogs.run(fail), { message: "Bad gateway" });
 * await assert.rejects(discogs.run(fail), CircuitOpenError);
 * assert.equal(discogs.state, "open");
 * ```
 */
export function createCircuitBreaker(
  name: string,
  options: CircuitBreakerOptions = {},
): CircuitBreaker {
  return new Breaker(name, options);
}

class Breaker implements CircuitBreaker {
  readonly name: string;
  readonly #rules: CircuitRules;
  readonly #isFailure: (error: unknown) => boolean;
  readonly #now: () => number;
  readonly #machine: CircuitMachine;
  readonly #figures: WorkFigures;
  readonly #calls = new Set<CircuitCall>();
  #refused = 0;

  constructor(name: string, options: CircuitBreakerOptions) {
    const {
      isFailure = () => true,
      onChange,
      now = () => performance.now(),
    } = options;
    this.name = name;
    this.#rules = rulesOf(name, options);
    this.#isFailure = isFailure;
    this.#now = now;
    this.#figures = new WorkFigures(now());
    this.#machine = new CircuitMachine(this.#rules, (from, to, thrown) => {
      notify(onChange, { circuit: name, from, to, ...thrown });
    });
  }

  get state(): CircuitState {
    return this.#machine.state;
  }

  async run<T>(
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options: Pick<AcquireOptions, "signal" | "holder"> = {},
  ): Promise<T> {
    const { signal, holder = currentHolder() ?? "unnamed" } = options;
    signal?.throwIfAborted();
    const call = this.#enter(holder);
    let outcome: CircuitOutcome = "neither";
    let thrown: Thrown | undefined;
    try {
      const value = await work(signal);
      outcome = "success";
      return value;
    } catch (error) {
      thrown = { error };
      outcome = this.#judge(error, signal);
      throw error;
    } finally {
      this.#leave(call, outcome, thrown);
    }
  }

  stats(): CircuitStats {
    const now = this.#now();
    const { state, opened } = this.#machine;
    const limits = {
      closed: null,
      open: 0,
      "half-open": this.#rules.halfOpenAtOnce,
    };
    return {
      name: this.name,
      kind: "breaker",
      state,
      limit: limits[state],
      concurrent: this.#calls.size,
      queue_depth: 0,
      ...this.#figures.read(now),
      // In the order they started.
      held_by: [...this.#calls].slice(0, 10).map(({ holder, since }) => ({
        holder,
        ms: now - since,
      })),
      retry_after_ms: this.#machine.leftMs(now),
      refused: this.#refused,
      opened,
    };
  }

  #enter(holder: string): CircuitCall {
    const now = this.#now();
    const call = this.#machine.enter(now, holder);
    if (call === undefined) {
      this.#refused++;
      throw new CircuitOpenError(this.name, this.#machine.leftMs(now));
    }
    this.#calls.add(call);
    return call;
  }

  #judge(error: unknown, signal: AbortSignal | undefined): CircuitOutcome {
    const left = signal?.aborted && !hasName(signal.reason, "TimeoutError");
    if (left || hasName(error, "AbortError")) return "neither";
    return this.#isFailure(error) ? "failure" : "success";
  }

  #leave(
    call: CircuitCall,
    outcome: CircuitOutcome,
    thrown: Thrown | undefined,
  ): void {
    const now = this.#now();
    this.#calls.delete(call);
    this.#figures.ended(now, now - call.since, thrown ? "failed" : "completed");
    this.#machine.leave(call, { now, outcome, thrown });
  }
}

function rulesOf(name: string, options: CircuitBreakerOptions): CircuitRules {
  const {
    failures = 5,
    openMs = 300_000,
    successes = 2,
    halfOpenAtOnce = 1,
  } = options;
  const counts = { failures, successes, halfOpenAtOnce };
  for (const [option, value] of Object.entries(counts)) {
    if (!(value >= 1)) refuse(name, `${option} is ${value}, not 1 or more`);
  }
  if (!(openMs > 0)) refuse(name, `openMs is ${openMs}, not above 0`);
  return { ...counts, openMs };
}

function refuse(name: string, why: string): never {
  throw new RangeError(`Cannot create circuit breaker "${name}": ${why}`);
}

function hasName(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
