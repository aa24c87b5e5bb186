import { formatFrame, type StackFrame } from "@loophound/toolkit/stack";

/** What was in flight from one answer to the next. */
export interface Round {
  inFlight: number;
  /** Before it. */
  answered: number;
  failed: number;
}

/** What calls should do. */
export interface Expectations {
  limit: number;
  minPeak: number;
  steady: boolean;
  ordered: boolean;
}

/** What calls did. */
export interface Observed {
  double: {
    calls: number;
    failed: number;
    peak: number;
    clock: number;
    inLine: number;
    firstFrom: StackFrame | null;
    exceededFrom: StackFrame | null;
  };
  rounds: readonly Round[];
  running: { state: string; result: unknown; error: unknown };
  /** It made so many calls that it was given up. */
  endless: boolean;
  /** Calls in flight when the work said that it was done. */
  floating: number;
  /** By index of the task. */
  answers: ReadonlyMap<number, unknown>;
  tasks: number;
}

/** Says in words what is wrong, or null. */
export function problemWith(
  observed: Observed,
  expected: Expectations,
): string | null {
  const { double, running, floating, endless, tasks } = observed;
  const { peak, calls } = double;
  const { limit, minPeak } = expected;
  if (peak > limit) {
    return `Too many at a time: ${peak} calls were in flight, ${limit} are allowed${
      at(double.exceededFrom)
    }. ${course(observed)}`;
  }
  if (running.state === "failed") {
    return `Work failed after ${calls} of ${many(tasks, "call")}: ${
      running.error instanceof Error ? running.error.message : running.error
    }. ${course(observed)}`;
  }
  if (endless) {
    return `Work does not come to an end: ${many(calls, "call")} for ${
      many(tasks, "task")
    }`;
  }
  if (running.state === "pending") {
    return `Work came to a standstill after ${many(calls, "call")} for ${
      many(tasks, "task")
    }: none is in flight, ${double.failed} failed, and it is not done. It waits for a slot that was never given back, or for something else than the double. ${
      course(observed)
    }`;
  }
  if (floating > 0) {
    return `Work was done before its calls: ${floating} were still in flight, awaited by nobody. ${
      course(observed)
    }`;
  }
  if (peak < minPeak) {
    const how = peak === 1 ? "Calls waited in line" : "Too few at a time";
    return `${how}: at most ${peak} of ${calls} ${
      peak === 1 ? "was" : "were"
    } in flight, expected ${minPeak}${at(double.firstFrom)}. ${
      course(observed)
    }`;
  }
  return sinking(observed, expected) ?? disorder(observed, expected);
}

/** Whether fewer were in flight while there was enough to do. */
function sinking(
  observed: Observed,
  { minPeak, steady }: Expectations,
): string | null {
  const { double, rounds, tasks } = observed;
  if (!steady || double.calls !== tasks) return null;
  for (const { inFlight, answered, failed } of rounds) {
    const possible = Math.min(minPeak, tasks - answered);
    if (inFlight >= possible) continue;
    const after = failed === 0
      ? many(answered, "call")
      : `${many(answered, "call")}, ${failed} of which failed`;
    return `Concurrency sank: ${inFlight} in flight after ${after}, where ${possible} could have been${
      at(double.firstFrom)
    }. ${course(observed)}`;
  }
  return null;
}

function disorder(
  { running, answers, tasks }: Observed,
  { ordered }: Expectations,
): string | null {
  const { result } = running;
  if (
    !ordered || !Array.isArray(result) || result.length !== tasks ||
    answers.size !== tasks
  ) return null;
  const taskOf = new Map<unknown, number>();
  for (const [index, answer] of answers) taskOf.set(answer, index);
  // Equal answers, or other things than answers, have no order to tell.
  if (taskOf.size !== tasks) return null;
  const order = result.map((value) => taskOf.get(value));
  if (new Set(order).size !== tasks || order.includes(undefined)) return null;
  const wrong = order.findIndex((task, index) => task !== index);
  return wrong < 0
    ? null
    : `Results are out of order: result ${wrong} is the answer of task ${
      order[wrong]
    }`;
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function at(frame: StackFrame | null): string {
  return frame === null ? "" : `, called in ${formatFrame(frame)}`;
}

/** `In flight, answer by answer: 5 × 19, 4 × 2. Ratio to running in line: 4.8`. */
function course({ rounds, double }: Observed): string {
  const runs: { inFlight: number; times: number }[] = [];
  for (const { inFlight } of rounds) {
    const last = runs.at(-1);
    if (last?.inFlight === inFlight) last.times++;
    else runs.push({ inFlight, times: 1 });
  }
  if (runs.length === 0) return "No call was made";
  const shown = runs.slice(0, 12).map(({ inFlight, times }) =>
    `${inFlight} × ${times}`
  );
  if (runs.length > shown.length) shown.push("…");
  const ratio = double.clock === 0 ? 1 : double.inLine / double.clock;
  return `In flight, answer by answer: ${
    shown.join(", ")
  }. Ratio to running in line: ${ratio.toFixed(1)}`;
}
