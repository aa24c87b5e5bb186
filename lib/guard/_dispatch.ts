import type { Entry, Watcher } from "./_entry.ts";
import type { Callable } from "./_place.ts";
import { sizeBefore, sizeOf } from "./_size.ts";
import { SyncCall } from "./_sync_call.ts";

/** What all wrappers look at first. */
export const gate: {
  /**
   * Within a guarded call: what it calls itself belongs to it. `fs.statSync`
   * is made of `Deno.statSync`, and is one call. Within a guard's own work too.
   */
  busy: boolean;
  /** While the guard tests itself: ids of the entries that were reached. */
  probed: Set<string> | null;
} = { busy: false, probed: null };

/** One call of a guarded function. */
export interface Attempt {
  entries: readonly Entry[];
  self: unknown;
  args: readonly unknown[];
  /** The function of the guard that the program called. */
  top: Callable;
  /** Makes the call. */
  run: () => unknown;
}

// Held, so that a program that replaces the clock does not change durations.
export const now = performance.now.bind(performance);

/**
 * Lets a call through, or not, and tells the guards.
 *
 * @returns What the call returned.
 * @throws What it threw, or a guard's `SyncCallError`.
 */
export function dispatch(attempt: Attempt): unknown {
  const { entries, self, args, run } = attempt;
  if (gate.busy) return run();
  if (gate.probed !== null) {
    for (const { api } of entries) gate.probed.add(api.id);
    return {};
  }
  const entry = entries.find((one) => one.takes(args));
  if (entry === undefined || entry.isSmall(self, args)) return run();
  const start = now();
  const { size } = entry.api;
  const before = size === null ? null : sizeBefore(size, self, args);
  if (entry.onlySlow || size !== null && before === null) {
    return settleLate({ entry, result: run(), start, top: attempt.top });
  }
  const watchers = entry.armedSince(start);
  return watchers.length === 0
    ? run()
    : runTold(new SyncCall(entry.api, before, attempt.top), watchers, run);
}

/**
 * Ends a call of which it shows only afterwards whether it is worth telling: by
 * what came back, or by how long it took.
 *
 * @returns The result.
 * @throws A guard's `SyncCallError`.
 */
export function settleLate<T>({ entry, result, start, top }: {
  entry: Entry;
  result: T;
  start: number;
  top: Callable;
}): T {
  const { size } = entry.api;
  const known = size?.of === "result" ? sizeOf(result) : null;
  if (known !== null && size !== null && known < size.over) return result;
  const durationMs = now() - start;
  if (known === null && durationMs < entry.slowMs) return result;
  const call = new SyncCall(entry.api, known, top);
  call.durationMs = durationMs;
  const watchers = entry.armedSince(start).filter(({ slowMs }) =>
    known !== null || durationMs >= slowMs
  );
  const error = tell(watchers, (watcher) => watcher.after(call));
  if (error !== null) throw error;
  return result;
}

function runTold(
  call: SyncCall,
  watchers: readonly Watcher[],
  run: () => unknown,
): unknown {
  refuse(call, watchers);
  gate.busy = true;
  const start = now();
  try {
    return run();
  } finally {
    call.durationMs = now() - start;
    gate.busy = false;
    // It held the loop whether it succeeded or not.
    const error = tell(watchers, (watcher) => watcher.after(call));
    // deno-lint-ignore no-unsafe-finally -- the refusal comes in place of the result, as asked
    if (error !== null) throw error;
  }
}

/**
 * Lets the guards refuse a call.
 *
 * @throws The error of the first that does. The others are told of the call.
 */
export function refuse(call: SyncCall, watchers: readonly Watcher[]): void {
  const refusing = new Set<Watcher>();
  const refusal = tell(watchers, (watcher) => {
    const error = watcher.before(call);
    if (error !== null) refusing.add(watcher);
    return error;
  });
  if (refusal === null) return;
  tell(
    watchers.filter((watcher) => !refusing.has(watcher)),
    (watcher) => watcher.after(call),
  );
  throw refusal;
}

/** Asks each guard, and answers the first error. */
export function tell(
  watchers: readonly Watcher[],
  ask: (watcher: Watcher) => Error | null,
): Error | null {
  if (watchers.length === 0) return null;
  let first: Error | null = null;
  gate.busy = true;
  try {
    for (const watcher of watchers) first = ask(watcher) ?? first;
  } finally {
    gate.busy = false;
  }
  return first;
}
