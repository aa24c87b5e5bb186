import { CountingDoubleCore } from "./_counting_double.ts";
import {
  type Expectations,
  problemWith,
  type Round,
} from "./_judge_concurrency.ts";
import { timerTurn, turn } from "./_turns.ts";
import { ConcurrencyError } from "./errors.ts";

/** Work that calls more often will never end. */
const CALLS_PER_TASK = 100;

/** What the work is given in place of the service that it calls. */
export interface CountingDouble<T, R> {
  /** What there is to do. */
  readonly tasks: readonly T[];
  /** Calls the service: the promise is held until no more calls come. */
  readonly call: (input: T) => Promise<R>;
}

/** Options of {@linkcode assertConcurrent}. */
export interface ConcurrencyOptions<T, R> {
  /**
   * What there is to do, or how many things: then they are numbers from 0 on.
   *
   * @default {100}
   */
  tasks?: number | readonly T[];
  /**
   * How many calls may be in flight at a time.
   *
   * @default as many as there are tasks
   */
  limit?: number;
  /**
   * How many must have been in flight at a time, at least.
   *
   * @default `limit`, or the number of tasks where it is less
   */
  minPeak?: number;
  /**
   * Whether as many must be in flight all the time, as long as there are so
   * many tasks left. Looked at where each task makes one call.
   *
   * @default {true}
   */
  steady?: boolean;
  /**
   * Whether results must be in the order of the tasks. Looked at where the work
   * returns an array of just the answers.
   *
   * @default {true}
   */
  ordered?: boolean;
  /**
   * How long a call takes, by a clock of the double's own: nothing waits for
   * it. Any unit.
   *
   * @default {1}
   */
  latency?: number | ((input: T, index: number) => number);
  /**
   * What a call is answered. What it throws, the call is rejected with.
   *
   * @default the input
   */
  answer?: (input: T, index: number) => R;
  /**
   * Calls are held until so many turns of the loop brought no other one. More
   * for work that does something slow before each call.
   *
   * @default {2}
   */
  quietTurns?: number;
  /**
   * With no call in flight and the work not done, it has come to a standstill
   * after so many milliseconds.
   *
   * @default {2000}
   */
  stuckAfterMs?: number;
}

/** How far calls overlapped. */
export interface ConcurrencyReport<Result> {
  tasks: number;
  calls: number;
  /** Calls that were answered with an error, and the errors. */
  failed: number;
  errors: readonly unknown[];
  /** Most calls in flight at a time. */
  peak: number;
  /** In flight from one answer to the next. */
  inFlight: readonly number[];
  /** Virtual time that the work took, and that it would have taken in line. */
  took: number;
  inLine: number;
  /** How much faster than in line. */
  ratio: number;
  /** How much faster it could have been within the limit. */
  idealRatio: number;
  /** What the work returned. */
  result: Result;
}

/**
 * Runs work against a double of the service that it calls, and fails when the
 * calls do not overlap as they should: the most in flight, whether it stays so
 * after errors, and whether results come in order.
 *
 * The double holds every call until no more calls come, then lets the next ones
 * go by a clock of its own. Nothing depends on how fast the machine is.
 *
 * @param work Does all the tasks with the double, as the program would.
 * @param options How many tasks, and what is expected.
 * @returns What was counted.
 * @throws {ConcurrencyError} Calls waited in line, more than the limit were in
 * flight, the work came to a standstill or failed (its error is the `cause`), or
 * results are out of order.
 * @throws {RangeError} An option is out of range.
 *
 * @example
 * ```ts
 * import { assertConcurrent } from "@loophound/toolkit/testing";
 *
 * const { peak, ratio } = await assertConcurrent(
 *   ({ tasks, call }) => Promise.all(tasks.map((id) => call(id))),
 *   { tasks: 100 },
 * );
 * console.log(peak, ratio); // 100 100
 * ```
 */
export async function assertConcurrent<
  T = number,
  R = T,
  Result = unknown,
>(
  work: (double: CountingDouble<T, R>) => Result | PromiseLike<Result>,
  options: ConcurrencyOptions<T, R> = {},
): Promise<ConcurrencyReport<Result>> {
  const {
    answer = (input: T) => input as unknown as R,
    latency = 1,
    quietTurns = 2,
    stuckAfterMs = 2000,
  } = options;
  const tasks = tasksOf(options.tasks ?? 100);
  const expected = expectationsOf(tasks.length, options);
  const latencyOf = typeof latency === "function" ? latency : () => latency;
  const answers = new Map<number, R>();
  const double = new CountingDoubleCore<T, R>(tasks, {
    latencyOf,
    limit: expected.limit,
    answer: (input, index) => {
      const value = answer(input, index);
      answers.set(index, value);
      return value;
    },
  });
  const running = start(() =>
    work({ tasks, call: (input) => double.call(input) })
  );
  const rounds: Round[] = [];
  let floating = 0;
  const endless = () => double.calls > CALLS_PER_TASK * tasks.length;
  while (!endless()) {
    await quiet(double, quietTurns);
    if (double.inFlight > 0) {
      if (running.state === "done") floating ||= double.inFlight;
      rounds.push({
        inFlight: double.inFlight,
        answered: double.answered,
        failed: double.failed,
      });
      double.advance();
    } else if (running.state !== "pending") break;
    else if (!await stirs(double, running, stuckAfterMs)) break;
  }
  const problem = problemWith(
    {
      double,
      rounds,
      running,
      floating,
      endless: endless(),
      answers,
      tasks: tasks.length,
    },
    expected,
  );
  if (problem !== null) {
    throw new ConcurrencyError(
      problem,
      running.state === "failed" ? { cause: running.error } : undefined,
    );
  }
  const took = double.clock;
  const ideal = Math.max(double.longest, double.inLine / expected.limit);
  return {
    tasks: tasks.length,
    calls: double.calls,
    failed: double.failed,
    errors: double.errors,
    peak: double.peak,
    inFlight: rounds.map((round) => round.inFlight),
    took,
    inLine: double.inLine,
    ratio: took === 0 ? 1 : double.inLine / took,
    idealRatio: ideal === 0 ? 1 : double.inLine / ideal,
    result: running.result as Result,
  };
}

/** What became of the work. */
export interface Running<Result> {
  state: "pending" | "done" | "failed";
  result: Result | undefined;
  error: unknown;
}

function start<Result>(
  work: () => Result | PromiseLike<Result>,
): Running<Result> {
  const running: Running<Result> = {
    state: "pending",
    result: undefined,
    error: undefined,
  };
  // The work begins at once; it may throw at once, too.
  new Promise<Result>((resolve) => resolve(work())).then((result) => {
    Object.assign(running, { state: "done", result });
  }, (error) => {
    Object.assign(running, { state: "failed", error });
  });
  return running;
}

/** Resolves when so many turns brought no call. */
async function quiet(
  double: { calls: number },
  turns: number,
): Promise<void> {
  for (let still = 0; still < turns;) {
    const before = double.calls;
    await turn();
    await timerTurn();
    still = double.calls === before ? still + 1 : 0;
  }
}

/** Waits for work that waits for something else than the double. */
async function stirs(
  double: { calls: number },
  running: Running<unknown>,
  withinMs: number,
): Promise<boolean> {
  const { calls } = double;
  const end = performance.now() + withinMs;
  do {
    await timerTurn();
    if (double.calls > calls || running.state !== "pending") return true;
  } while (performance.now() < end);
  return false;
}

function tasksOf<T>(tasks: number | readonly T[]): readonly T[] {
  if (typeof tasks !== "number") return tasks;
  if (!Number.isSafeInteger(tasks) || tasks < 1) {
    throw new RangeError(
      `Cannot assert concurrency: tasks must be a number above 0, got ${tasks}`,
    );
  }
  return Array.from({ length: tasks }, (_, index) => index) as unknown as T[];
}

function expectationsOf<T, R>(
  tasks: number,
  { limit = tasks, minPeak, steady = true, ordered = true }: ConcurrencyOptions<
    T,
    R
  >,
): Expectations {
  const least = minPeak ?? Math.min(limit, tasks);
  if (!(limit >= 1) || !(least >= 0) || least > limit) {
    throw new RangeError(
      `Cannot assert concurrency: limit must be above 0 and minPeak not above it, got ${limit} and ${least}`,
    );
  }
  return { limit, minPeak: least, steady, ordered };
}
