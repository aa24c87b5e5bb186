import { joinSignal, leaveSignal } from "./_aborts.ts";
import { longestTimerMs } from "./clock.ts";

/**
 * A deadline passed. Its name is `TimeoutError`, as that of the platform's own
 * time-outs: code that looks at names need not know this class.
 */
export class DeadlineError extends DOMException {
  /** Whose deadline it was. */
  readonly deadlineOf: string;
  /** The deadline that passed, milliseconds. */
  readonly deadlineMs: number;

  constructor(deadlineOf: string, deadlineMs: number) {
    super(
      `Cannot finish "${deadlineOf}": its ${
        Math.round(deadlineMs)
      } ms have passed`,
      "TimeoutError",
    );
    this.deadlineOf = deadlineOf;
    this.deadlineMs = deadlineMs;
  }
}

/** Options of {@linkcode withDeadline} and {@linkcode startDeadline}. */
export interface WithDeadlineOptions {
  /**
   * Milliseconds. 0 or less has passed already; `Infinity`, or more than a
   * timer takes (24.8 days), is none.
   */
  ms: number;
  /** Aborting it ends the work as well, with its reason. */
  signal?: AbortSignal | undefined;
  /**
   * Whose deadline it is, for the error's message.
   *
   * @default {"work"}
   */
  name?: string;
}

/** A deadline that runs; disposing of it stops the clock. */
export interface Deadline extends Disposable {
  /**
   * Aborts with a {@linkcode DeadlineError} when the deadline passes, or with
   * the caller's reason when the caller aborts; whichever is first.
   */
  readonly signal: AbortSignal;
  /** Whether the deadline itself has passed. */
  readonly passed: boolean;
  /** Milliseconds left, 0 when it has passed. */
  remainingMs(): number;
}

/**
 * Starts a deadline for what one function cannot hold, such as a body that is
 * read after its headers: {@linkcode withDeadline} is the simpler thing.
 *
 * @param options How long, and what else ends it.
 * @returns The deadline. Dispose of it, or its timer runs on.
 * @throws {RangeError} `ms` is no number.
 *
 * @example Usage
 * ```ts
 * import { startDeadline } from "@loophound/toolkit/limits";
 * import assert from "node:assert/strict";
 *
 * using deadline = startDeadline({ ms: 5_000, name: "download" });
 * assert.equal(deadline.signal.aborted, false);
 * assert.ok(deadline.remainingMs() <= 5_000);
 * ```
 */
export function startDeadline(options: WithDeadlineOptions): Deadline {
  const { ms, signal: outer, name = "work" } = options;
  if (Number.isNaN(ms)) {
    throw new RangeError(`Cannot set deadline of "${name}": ${ms} is no time`);
  }
  const endsAt = performance.now() + ms;
  const controller = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let passed = false;
  const caller = {
    aborted(reason: unknown): void {
      stop();
      controller.abort(reason);
    },
  };

  function stop(): void {
    clearTimeout(timer);
    if (outer !== undefined) leaveSignal(outer, caller);
  }
  function pass(): void {
    stop();
    passed = true;
    controller.abort(new DeadlineError(name, ms));
  }

  if (outer?.aborted) caller.aborted(outer.reason);
  else if (ms <= 0) pass();
  else {
    // Not AbortSignal.any(): a caller's signal may live for days, and what
    // hangs on it must be gone when the work is.
    if (outer !== undefined) joinSignal(outer, caller);
    if (ms <= longestTimerMs) timer = setTimeout(pass, ms);
  }
  return {
    signal: controller.signal,
    get passed() {
      return passed;
    },
    remainingMs: () => passed ? 0 : Math.max(0, endsAt - performance.now()),
    [Symbol.dispose]: stop,
  };
}

/**
 * Runs work that must end in time. When it does not, its signal aborts and the
 * promise is rejected at once, whether or not the work heeds the signal; what
 * it answers or throws afterwards is dropped.
 *
 * Hand the signal on to an inner `withDeadline()` and the shorter of the two
 * deadlines wins; the error names the one that passed.
 *
 * @param work What to do; it is not started when the deadline has passed or
 * the caller has aborted already.
 * @param options How long it may take, and the caller's signal.
 * @returns What the work returns.
 * @throws {DeadlineError} The deadline passed.
 * @throws {RangeError} `ms` is no number.
 * @throws The caller's reason if the caller aborts, else what the work throws.
 *
 * @example Usage
 * ```ts
 * import { DeadlineError, withDeadline } from "@loophound/toolkit/limits";
 * import assert from "node:assert/strict";
 *
 * await assert.rejects(
 *   withDeadline(() => new Promise(() => {}), { ms: 10, name: "discogs" }),
 *   (error) => error instanceof DeadlineError && error.deadlineOf === "discogs",
 * );
 * ```
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  options: WithDeadlineOptions,
): Promise<T> {
  using deadline = startDeadline(options);
  const { signal } = deadline;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  // Before the work's own listeners: what they make of the abort comes second.
  signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  // Both are no more than ignored once the deadline has rejected the promise.
  runWork(work, signal).then(resolve, reject);
  return await promise;
}

/** As a promise, also where the work throws before its first await. */
async function runWork<T>(
  work: (signal: AbortSignal) => T | Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  return await work(signal);
}
