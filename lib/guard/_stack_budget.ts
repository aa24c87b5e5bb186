import type { Origin, SyncCall } from "./_sync_call.ts";

// Held, so that a program that replaces the clock does not change the budget.
const now = performance.now.bind(performance);

/**
 * Bounds the stacks taken for one API in a second: in a hot loop they would
 * cost many times what the calls do.
 */
export class StackBudget {
  readonly #perSecond: number;
  readonly #used = new Map<string, { since: number; stacks: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Where a call comes from; null when the budget is spent. */
  examine(call: SyncCall): Origin | null {
    if (call.examined) return call.origin();
    if (call.sealed) return null;
    if (this.#perSecond === Infinity) return call.origin();
    const at = now();
    let used = this.#used.get(call.api.id);
    if (used === undefined || at - used.since >= 1000) {
      used = { since: at, stacks: 0 };
      this.#used.set(call.api.id, used);
    }
    if (used.stacks >= this.#perSecond) return null;
    used.stacks++;
    return call.origin();
  }
}
