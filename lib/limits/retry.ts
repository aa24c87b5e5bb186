import { joinSignal, leaveSignal } from "./_aborts.ts";
import { longestTimerMs } from "./clock.ts";

/** One call of the work given to {@linkcode retry}. */
export interface RetryAttempt {
  /** 1 for the first call. */
  readonly attempt: number;
  /** The caller's signal; one that never aborts where there is none. */
  readonly signal: AbortSignal;
}

/** A failure that another attempt follows. */
export interface RetryReport {
  /** The attempt that failed; 1 is the first. */
  readonly attempt: number;
  /** Milliseconds until the next one. */
  readonly delayMs: number;
  readonly error: unknown;
}

/** Options of {@linkcode retry}. */
export interface RetryOptions {
  /**
   * Calls in all, the first one counted; `Infinity` for no end.
   *
   * @default {3}
   */
  attempts?: number;
  /**
   * Pause after the first failure, milliseconds, before the jitter.
   *
   * @default {1_000}
   */
  minDelayMs?: number;
  /**
   * The longest pause that the backoff may come to, milliseconds, jitter
   * included. Only a `Retry-After` makes a longer one.
   *
   * @default {30_000}
   */
  maxDelayMs?: number;
  /**
   * What each pause is multiplied with for the next one.
   *
   * @default {2}
   */
  factor?: number;
  /**
   * Each pause is multiplied with a random number between these, so that those
   * who failed together do not come back together.
   *
   * @default {[0.5, 1.5]}
   */
  jitter?: readonly [low: number, high: number];
  /** Aborting it ends the pause at once, and the work that heeds it. */
  signal?: AbortSignal | undefined;
  /**
   * Whether another attempt makes sense.
   *
   * @default {all but what is named `AbortError`: someone wanted that to end}
   */
  isRetriable?: (error: unknown) => boolean;
  /**
   * Milliseconds that the other side asked to be left alone, as
   * `parseRetryAfter()` reads them. The pause is at least as long.
   *
   * @default {the error's `retryAfterMs`, where it has one}
   */
  retryAfter?: (error: unknown) => number | undefined;
  /**
   * Whoever asks for more milliseconds than this is not tried again: coming
   * back earlier would only be refused.
   *
   * @default {60_000}
   */
  maxRetryAfterMs?: number;
  /** Told before each pause. What it throws ends the retrying. */
  onRetry?: (report: RetryReport) => void;
}

/**
 * Runs work, and again after a pause when it fails. The pauses grow, are
 * spread by jitter, and are as long as a `Retry-After` wants them.
 *
 * When it gives up, it throws what the last attempt threw, unwrapped and with
 * its causes: callers tell errors apart by class. The earlier ones are told to
 * `onRetry`. What the caller aborts ends with the caller's reason.
 *
 * Not built on a library: the pauses of es-toolkit's `retry` (1.53) and of
 * cockatiel (4.0) ignore the signal; p-retry (9.0) works out its pause without
 * a look at the error, so that it cannot follow a `Retry-After`, and wraps what
 * is no `Error`.
 *
 * @param work Called with the number of the attempt and the signal.
 * @param options How often, and how long between.
 * @returns What the work returns.
 * @throws {RangeError} An option is out of its range.
 * @throws The caller's reason, else what the last attempt threw.
 *
 * @example Usage
 * ```ts
 * import { retry } from "@loophound/toolkit/limits";
 * import assert from "node:assert/strict";
 *
 * const answer = await retry(({ attempt }) => {
 *   if (attempt < 3) throw new Error("Busy");
 *   return `attempt ${attempt}`;
 * }, { minDelayMs: 1 });
 * assert.equal(answer, "attempt 3");
 * ```
 */
export async function retry<T>(
  work: (attempt: RetryAttempt) => T | Promise<T>,
  options: RetryOptions = {},
): Promise<T> {
  const {
    attempts = 3,
    signal = new AbortController().signal,
    isRetriable = isNoAbort,
    retryAfter = retryAfterOf,
    maxRetryAfterMs = 60_000,
    onRetry,
  } = options;
  const backoffMs = createBackoff(options);
  if (!(attempts >= 1)) {
    throw new RangeError(
      `Cannot retry: attempts is ${attempts}, not 1 or more`,
    );
  }
  for (let attempt = 1;; attempt++) {
    signal.throwIfAborted();
    try {
      return await work({ attempt, signal });
    } catch (error) {
      // Whatever the work makes of an abort, callers get one and the same.
      signal.throwIfAborted();
      if (attempt >= attempts || !isRetriable(error)) throw error;
      const askedMs = retryAfter(error) || 0;
      if (askedMs > maxRetryAfterMs) throw error;
      const delayMs = Math.max(askedMs, backoffMs(attempt));
      onRetry?.({ attempt, delayMs, error });
      await pause(delayMs, signal);
    }
  }
}

function isNoAbort(error: unknown): boolean {
  return !(error instanceof Error && error.name === "AbortError");
}

function retryAfterOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  const ms = "retryAfterMs" in error ? error.retryAfterMs : undefined;
  return typeof ms === "number" ? ms : undefined;
}

/** Milliseconds to wait after the given attempt. */
function createBackoff(options: RetryOptions): (attempt: number) => number {
  const {
    minDelayMs = 1_000,
    maxDelayMs = 30_000,
    factor = 2,
    jitter: [low, high] = [0.5, 1.5],
  } = options;
  for (const [name, value] of Object.entries({ minDelayMs, maxDelayMs })) {
    if (!(value >= 0)) {
      throw new RangeError(`Cannot retry: ${name} is ${value}, not 0 or more`);
    }
  }
  if (!(factor >= 1)) {
    throw new RangeError(`Cannot retry: factor is ${factor}, not 1 or more`);
  }
  if (!(low >= 0 && high >= low && high > 0 && high < Infinity)) {
    throw new RangeError(
      `Cannot retry: jitter [${low}, ${high}] is no range above 0`,
    );
  }
  return (attempt) => {
    // Bounded before the jitter: bounded after it, a third of all who fail
    // for long would come back at exactly the longest pause, together.
    const grown = minDelayMs && minDelayMs * factor ** (attempt - 1);
    const base = Math.min(grown, maxDelayMs / high);
    return base * (low + Math.random() * (high - low));
  };
}

/** Waits; rejects at once with the signal's reason when that aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const member = { aborted: reject };
  const timer = setTimeout(resolve, Math.min(ms, longestTimerMs));
  joinSignal(signal, member);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    leaveSignal(signal, member);
  }
}
