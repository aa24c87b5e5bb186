import type { Hold } from "./_hold.ts";
import type { Waiter } from "./_waiter.ts";

/** Waiters that the search for a circle looks at. */
const searched = 1_000;

function* scopesAround(waiter: Waiter) {
  for (let at = waiter.scope; at !== undefined; at = at.parent) yield at;
}

/**
 * The permits that a waiter's work holds meanwhile: those that `run` is under,
 * and those taken with `acquire` by the same holder.
 */
export function holdsAround(waiter: Waiter): Hold[] {
  const found: Hold[] = [];
  for (const { holds, around } of scopesAround(waiter)) {
    for (const hold of holds) {
      // Work under `run` beside the waiter is not around it.
      if (hold.inner === undefined && !isOf(hold, waiter)) found.push(hold);
    }
    if (around?.released === false) found.push(around);
  }
  return found;
}

/** Whether a hold is of what the waiter waits for. */
function isOf(hold: Hold, waiter: Waiter): boolean {
  return hold.key === waiter.key &&
    (hold.owner as unknown) === waiter.limit;
}

/** The waits of a hold's own work. */
export function waitsUnder(hold: Hold): Waiter[] {
  if (hold.inner !== undefined) return [...hold.inner.waits];
  // Others of the same holder may wait for the very thing that this one has.
  return [...hold.scope?.waits ?? []].filter((waiter) => !isOf(hold, waiter));
}

/**
 * The waits that keep a hold from ending. For work under `run` all within it.
 * A permit taken with `acquire` does not tell which of its holder's branches
 * has it: it counts only if the holder does nothing but wait, once.
 */
function blockersOf(hold: Hold): Waiter[] {
  const waits = waitsUnder(hold);
  if (hold.inner !== undefined) return waits;
  const [only] = waits;
  return only !== undefined && hold.scope!.waits.size === 1 &&
      hold.scope!.lastChange === only.arrival
    ? [only]
    : [];
}

/**
 * Whether a waiter will wait forever: each permit in its way is held by work
 * that itself waits, for permits whose holders wait, and so on round.
 */
export function isDeadlocked(waiter: Waiter): boolean {
  const holdsOf = new Map<Waiter, Hold[]>();
  const blockers = new Map<Hold, Waiter[]>();
  const open = [waiter];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (holdsOf.has(next)) continue;
    if (holdsOf.size === searched) return false;
    const holds = [...next.limit.inTheWayOf(next)];
    holdsOf.set(next, holds);
    for (const hold of holds) {
      if (blockers.has(hold)) continue;
      const waiters = blockersOf(hold);
      blockers.set(hold, waiters);
      open.push(...waiters);
    }
  }
  // Those of whom one holder may go on may go on; what is left may not.
  const stuck = new Set(holdsOf.keys());
  const mayGoOn = (one: Waiter) => {
    const holds = holdsOf.get(one)!;
    return holds.length === 0 ||
      holds.some((hold) => !blockers.get(hold)!.some((by) => stuck.has(by)));
  };
  for (let before = -1; before !== stuck.size;) {
    before = stuck.size;
    for (const one of stuck) if (mayGoOn(one)) stuck.delete(one);
  }
  return stuck.has(waiter);
}
