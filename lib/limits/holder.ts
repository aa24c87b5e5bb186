import { AsyncLocalStorage } from "node:async_hooks";
import type { Hold } from "./_hold.ts";
import type { Waiter } from "./_waiter.ts";

/**
 * Where in the program's nesting permits are taken: inside `withHolder`, or
 * inside the work that `run` does under a permit.
 */
export interface Scope {
  readonly name: string;
  readonly parent: Scope | undefined;
  /** The permit that the scope's work is done under. */
  readonly around: Hold | undefined;
  /** Taken in the scope with `acquire`, and not given back. */
  readonly holds: Set<Hold>;
  /** Waits in it and in the scopes within. */
  readonly waits: Set<Waiter>;
  /** When something was last taken, awaited or given back in it or within. */
  lastChange: number;
}

const scopes = new AsyncLocalStorage<Scope>();
let changes = 0;

/** The scope of the calling code. */
export function currentScope(): Scope | undefined {
  return scopes.getStore();
}

/**
 * Notes in a scope, and in those around it, that something happened.
 *
 * @returns Its number: what happens later has a higher one.
 */
export function touch(scope: Scope | undefined): number {
  const change = ++changes;
  for (let at = scope; at !== undefined; at = at.parent) {
    at.lastChange = change;
  }
  return change;
}

/**
 * The nearest scope around in which a permit is still held. Work that starts
 * its successor from within, again and again, makes no chain without end.
 */
function holdingScope(scope: Scope | undefined): Scope | undefined {
  let at = scope;
  while (
    at !== undefined && at.holds.size === 0 && at.around?.released !== false
  ) {
    at = at.parent;
  }
  return at;
}

/** Runs a function in a scope of its own. */
function inScope<T>(
  { name, around }: { name: string; around?: Hold },
  run: () => T,
): T {
  const scope: Scope = {
    name,
    parent: holdingScope(scopes.getStore()),
    around,
    holds: new Set(),
    waits: new Set(),
    lastChange: 0,
  };
  if (around !== undefined) around.inner = scope;
  return scopes.run(scope, run);
}

/** Runs the work under a permit and gives the permit back. */
export async function runUnder<T>(
  permit: Promise<Hold>,
  work: (signal: AbortSignal | undefined) => T | Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  const hold = await permit;
  let outcome: "completed" | "failed" = "failed";
  try {
    // It may have been aborted after the permit was given.
    signal?.throwIfAborted();
    const result = await inScope(
      { name: hold.holder, around: hold },
      () => work(signal),
    );
    outcome = "completed";
    return result;
  } finally {
    hold.release(outcome);
  }
}

/**
 * Says who works: permits taken inside the function, and inside all that it
 * calls and awaits, are held by that name in statistics and reports.
 *
 * It also ties together what one piece of work holds and what it waits for.
 * That is how a report knows that job 41, which holds `discogs`, itself waits
 * for `database`. Give work that runs side by side names of its own.
 *
 * @param name `job 41`, `GET /api/albums`.
 * @param work Called at once.
 * @returns What the function returns.
 *
 * @example
 * ```ts
 * import { createSemaphore, withHolder } from "@loophound/toolkit/limits";
 *
 * const discogs = createSemaphore("discogs", { limit: 5 });
 * await withHolder("job 41", async () => {
 *   using _permit = await discogs.acquire();
 *   console.log(discogs.stats().held_by[0]?.holder); // job 41
 * });
 * ```
 */
export function withHolder<T>(name: string, work: () => T): T {
  return inScope({ name }, work);
}

/** The name given to the innermost {@linkcode withHolder} around the caller. */
export function currentHolder(): string | undefined {
  return scopes.getStore()?.name;
}
