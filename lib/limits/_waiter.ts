import { joinSignal, leaveSignal } from "./_aborts.ts";
import { type Clock, longestTimerMs } from "./clock.ts";
import { LimitTimeoutError } from "./errors.ts";
import type { Hold } from "./_hold.ts";
import { currentScope, touch } from "./holder.ts";
import type { ListNode } from "./_list.ts";
import { heldBy, heldByText, labelOf, seconds } from "./_words.ts";
import type { AcquireOptions } from "./types.ts";

/** Holder of permits for which no name was given. */
export const unnamed = "unnamed";

/** A limit as those who wait for it see it. */
export interface Awaited {
  readonly name: string;
  readonly clock: Clock;
  /** Where long waits are noticed. */
  readonly watch: WaitWatch | undefined;
  /** The permits in the waiter's way, longest held first; none: time is. */
  inTheWayOf(waiter: Waiter): Iterable<Hold>;
  /** `5 of 5 taken`. */
  stateFor(waiter: Waiter): string;
  /** How many wait for the same, the waiter included. */
  waitingWith(waiter: Waiter): number;
  /** Takes a waiter out of its queue who will not wait longer. */
  forget(waiter: Waiter): void;
}

/** Knows who waits. */
export interface WaitWatch {
  enter(waiter: Waiter): void;
  leave(waiter: Waiter): void;
}

/** Whether `a` goes before `b`: the higher priority, then who came first. */
export function goesBefore(a: Waiter, b: Waiter): boolean {
  return a.priority > b.priority ||
    (a.priority === b.priority && a.arrival < b.arrival);
}

/** Throws what makes a wait with these options impossible. */
export function checkWait(
  name: string,
  { priority = 0, timeoutMs = Infinity, signal }: AcquireOptions,
): void {
  if (Number.isNaN(priority)) {
    throw new RangeError(`Cannot wait for ${name}: priority is NaN`);
  }
  if (!(timeoutMs >= 0)) {
    throw new RangeError(
      `Cannot wait for ${name}: timeoutMs is ${timeoutMs}, not a number from 0`,
    );
  }
  signal?.throwIfAborted();
}

/** Someone who waits for a limit. */
// deno-lint-ignore no-explicit-any -- reports take waiters for anything
export class Waiter<T = any> {
  readonly limit: Awaited;
  readonly key: string | null;
  readonly holder: string;
  readonly priority: number;
  readonly since: number;
  readonly scope = currentScope();
  /** When it came, as a number that only grows. */
  readonly arrival = touch(this.scope);
  readonly promise: Promise<T>;
  heapIndex = -1;
  /** Its place in the watch's list, and which list. */
  watched: { node: ListNode<Waiter>; level: number } | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: Disposable | undefined;
  #resolve!: (value: T) => void;
  #reject!: (reason: unknown) => void;

  constructor(
    limit: Awaited,
    key: string | null,
    { signal, holder, priority = 0, timeoutMs = Infinity }: AcquireOptions,
  ) {
    this.limit = limit;
    this.key = key;
    this.holder = holder ?? this.scope?.name ?? unnamed;
    this.priority = priority;
    this.since = limit.clock.now();
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#signal = signal;
    if (signal !== undefined) joinSignal(signal, this);
    if (timeoutMs <= longestTimerMs) {
      this.#timer = limit.clock.after(
        timeoutMs,
        () => this.#timeOut(timeoutMs),
      );
    }
    for (let at = this.scope; at !== undefined; at = at.parent) {
      at.waits.add(this);
    }
    limit.watch?.enter(this);
  }

  /** The wait is over: whoever calls it has taken the waiter from its queue. */
  settle(value: T): void {
    this.#end();
    this.#resolve(value);
  }

  /** See `Aborted`. */
  aborted(reason: unknown): void {
    this.limit.forget(this);
    this.#end();
    this.#reject(reason);
  }

  #timeOut(timeoutMs: number): void {
    const now = this.limit.clock.now();
    const holds = [...this.limit.inTheWayOf(this)];
    this.aborted(
      new LimitTimeoutError(
        `Cannot take ${labelOf(this)} within ${seconds(timeoutMs)}: ${
          this.limit.stateFor(this)
        }${heldByText(holds, now)}`,
        {
          limit: this.limit.name,
          key: this.key,
          waitedMs: now - this.since,
          heldBy: heldBy(holds, now),
        },
      ),
    );
  }

  #end(): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#signal !== undefined) leaveSignal(this.#signal, this);
    for (let at = this.scope; at !== undefined; at = at.parent) {
      at.waits.delete(this);
    }
    this.limit.watch?.leave(this);
  }
}
