import { captureStack, type StackFrame } from "@loophound/toolkit/stack";

/** A call that has been made and not been answered. */
interface HeldCall {
  /** Virtual time at which it is answered. */
  due: number;
  settle: () => void;
}

/** Options of {@linkcode CountingDoubleCore}. */
export interface DoubleOptions<T, R> {
  latencyOf: (input: T, index: number) => number;
  answer: (input: T, index: number) => R;
  limit: number;
}

/**
 * Stands in for a service: counts its calls, and holds them until told to let
 * them go, by a clock that only it advances.
 */
export class CountingDoubleCore<T, R> {
  readonly #options: DoubleOptions<T, R>;
  readonly #indexes = new Map<T, number>();
  #held: HeldCall[] = [];
  clock = 0;
  calls = 0;
  failed = 0;
  answered = 0;
  peak = 0;
  /** Sum of all latencies: the time that the calls take one after the other. */
  inLine = 0;
  longest = 0;
  readonly errors: unknown[] = [];
  /** Where the first call came from, and the first one beyond the limit. */
  firstFrom: StackFrame | null = null;
  exceededFrom: StackFrame | null = null;

  constructor(tasks: readonly T[], options: DoubleOptions<T, R>) {
    this.#options = options;
    for (const [index, task] of tasks.entries()) {
      if (!this.#indexes.has(task)) this.#indexes.set(task, index);
    }
  }

  get inFlight(): number {
    return this.#held.length;
  }

  /** A call of the service. */
  call(input: T): Promise<R> {
    const { latencyOf, answer, limit } = this.#options;
    const index = this.#indexes.get(input) ?? this.calls;
    const latency = latencyOf(input, index);
    if (!(latency >= 0)) {
      throw new RangeError(
        `Cannot call double: latency must not be below 0, got ${latency}`,
      );
    }
    if (this.calls++ === 0) this.firstFrom = captureStack(1)[0] ?? null;
    this.inLine += latency;
    this.longest = Math.max(this.longest, latency);
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.answered++;
        try {
          resolve(answer(input, index));
        } catch (error) {
          this.failed++;
          this.errors.push(error);
          reject(error);
        }
      };
      this.#held.push({ due: this.clock + latency, settle });
      this.peak = Math.max(this.peak, this.inFlight);
      if (this.inFlight > limit) {
        this.exceededFrom ??= captureStack(1)[0] ?? null;
      }
    });
  }

  /**
   * Advances the clock to the next answer, and gives all that are due then:
   * the last call first, so that what relies on the order of answers shows.
   */
  advance(): void {
    this.clock = Math.min(...this.#held.map(({ due }) => due));
    const due = this.#held.filter((call) => call.due <= this.clock);
    this.#held = this.#held.filter((call) => call.due > this.clock);
    for (const { settle } of due.reverse()) settle();
  }
}
