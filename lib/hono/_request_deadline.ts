import type { Context } from "hono";

/** Timers take no more milliseconds than this. */
const LONGEST_MS = 2 ** 31 - 1;

/** A limit in milliseconds; `Infinity` is none. @throws {RangeError} */
export function checkLimit(ms: number): number {
  if (!(ms > 0) || (ms > LONGEST_MS && ms !== Infinity)) {
    throw new RangeError(
      `Cannot set deadline of ${ms} ms: it must be above 0 and at most ${LONGEST_MS}, or Infinity`,
    );
  }
  return ms;
}

/** The deadline of one request, as handlers find it in `c.var.deadline`. */
export interface RequestDeadline {
  /**
   * Aborts when the deadline passes or the client goes away; `c.req.raw.signal`
   * is the same one.
   */
  readonly signal: AbortSignal;
  /** Milliseconds from the request's start; `Infinity` where there is none. */
  readonly limitMs: number;
  /** Milliseconds left, 0 when it has passed. */
  remainingMs(): number;
  /** Says what the request is about to do, for the report. */
  step(doing: string): void;
}

/** The clock behind {@linkcode RequestDeadline}: one timer, one signal, both made when needed. */
export class DeadlineClock implements RequestDeadline {
  readonly #start = performance.now();
  readonly #client: () => AbortSignal;
  readonly #onPass: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #controller: AbortController | undefined;
  #signal: AbortSignal | undefined;
  #ended = false;
  limitMs = Infinity;
  doing: string | null = null;
  passed = false;

  /**
   * @param client The client's own signal, asked for at most once.
   * @param onPass Told once, when the limit has passed.
   */
  constructor(client: () => AbortSignal, onPass: () => void) {
    this.#client = client;
    this.#onPass = onPass;
  }

  /** When the request came, by `performance.now()`. */
  get startedAt(): number {
    return this.#start;
  }

  get wallMs(): number {
    return performance.now() - this.#start;
  }

  // Reading the client's signal costs the request 15 µs, combining the two 5:
  // only who asks pays for it.
  get signal(): AbortSignal {
    if (this.#signal !== undefined) return this.#signal;
    this.#controller = new AbortController();
    if (this.passed) this.#controller.abort(this.reason());
    const signals = [this.#client(), this.#controller.signal];
    return this.#signal = AbortSignal.any(signals);
  }

  remainingMs(): number {
    return this.passed ? 0 : Math.max(0, this.limitMs - this.wallMs);
  }

  step(doing: string): void {
    this.doing = doing;
  }

  /** Sets the limit, counted from the request's start, in place of the one before. */
  limit(ms: number): void {
    if (this.passed || this.#ended) return;
    clearTimeout(this.#timer);
    this.limitMs = ms;
    if (ms === Infinity) return;
    this.#timer = setTimeout(() => this.#pass(), Math.max(0, ms - this.wallMs));
  }

  /** The work is done: the timer goes. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  /** What the signal aborts with. */
  reason(): DOMException {
    return new DOMException(
      `The deadline of ${this.limitMs} ms passed`,
      "TimeoutError",
    );
  }

  #pass(): void {
    this.passed = true;
    // The answer first: listeners of the signal may fail the handler.
    this.#onPass();
    this.#controller?.abort(this.reason());
  }
}

/**
 * Lets `c.req.raw.signal` be another one: what handlers pass on by habit.
 *
 * @returns What asks for the signal that was there.
 */
export function shadowSignal(
  c: Context,
  get: () => AbortSignal,
): () => AbortSignal {
  const { raw } = c.req;
  const own = Object.getOwnPropertyDescriptor(raw, "signal");
  Object.defineProperty(raw, "signal", {
    configurable: true,
    enumerable: true,
    get,
  });
  // What another middleware has put there, else the request's own.
  return own === undefined
    ? () => Reflect.get(Object.getPrototypeOf(raw), "signal", raw)
    : () => own.value ?? own.get?.call(raw);
}
