import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import { sizeBefore } from "./_size.ts";
import type { SyncCall } from "./_sync_call.ts";

/** A guard, as the calls see it. */
export interface Watcher {
  /** `performance.now()` from which on it wants to know of calls. */
  readonly armedAt: number;
  /** Milliseconds from which on a call counts that is told by its duration. */
  readonly slowMs: number;
  /** While a call is on the stack: takes its origin, within the budget. */
  examine(call: SyncCall): void;
  /** Before a call runs: the error to throw in its place, if any. */
  before(call: SyncCall): Error | null;
  /** After a call has run, or another guard has refused it: likewise. */
  after(call: SyncCall): Error | null;
}

/** An API of the list, and the guards that watch it now. */
export class Entry {
  readonly api: BlockingApi;
  readonly watchers: Watcher[] = [];
  /** Told by its duration: the list says that it is everywhere and small. */
  readonly onlySlow: boolean;

  constructor(api: BlockingApi) {
    this.api = api;
    this.onlySlow = api.kind === "cpu" && !api.byDefault &&
      api.size === null;
  }

  /** Shortest of the durations from which on a guard wants to know. */
  get slowMs(): number {
    let least = Infinity;
    for (const { slowMs } of this.watchers) least = Math.min(least, slowMs);
    return least;
  }

  /** Guards that want to know of a call that began at `start`. */
  armedSince(start: number): Watcher[] {
    return this.watchers.filter(({ armedAt }) => start >= armedAt);
  }

  /** Whether the arguments already show that the call is too small to tell. */
  isSmall(self: unknown, args: readonly unknown[]): boolean {
    const { size } = this.api;
    if (size === null) return false;
    const value = sizeBefore(size, self, args);
    return value !== null && value < size.over;
  }

  /** `randomBytes` has two entries: with its callback, and without. */
  takes(args: readonly unknown[]): boolean {
    const { withCallback, withoutCallback } = this.api;
    if (withCallback !== true && withoutCallback !== true) return true;
    return (typeof args.at(-1) === "function") === (withCallback === true);
  }
}
