import { type Clock, systemClock } from "./clock.ts";
import { WorkFigures } from "./work_figures.ts";
import { Heap } from "./_heap.ts";
import { Hold, type HoldOwner } from "./_hold.ts";
import { currentScope, runUnder } from "./holder.ts";
import { List } from "./_list.ts";
import { type Registry, registryOf, type Watched } from "./_registry.ts";
import {
  type Awaited,
  checkWait,
  goesBefore,
  unnamed,
  Waiter,
} from "./_waiter.ts";
import { heldBy } from "./_words.ts";
import type { Limits } from "./limits.ts";
import type { AcquireOptions, LimitStats, Permit, Semaphore } from "./types.ts";

/** Options of {@linkcode createSemaphore}. */
export interface SemaphoreOptions {
  /** How many may hold it at once, from 1. */
  limit: number;
  /** Shows it in its statistics and reports who waits long for it. */
  registry?: Limits;
  /** @default {the host's clock} */
  clock?: Clock;
}

/** Refuses a limit that is no whole number from 1. */
export function checkLimit(what: string, field: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new RangeError(
    `Cannot make ${what}: ${field} is ${value}, not a whole number from 1`,
  );
}

export class FairSemaphore implements Semaphore, Awaited, HoldOwner, Watched {
  readonly name: string;
  readonly limit: number;
  readonly clock: Clock;
  readonly watch: Registry | undefined;
  // While a permit is free no one waits: it goes from hand to hand.
  readonly #queue = new Heap<Waiter<Hold>>(goesBefore);
  readonly #holds = new List<Hold>();
  readonly #figures: WorkFigures;

  constructor(
    name: string,
    { limit, clock, watch }: {
      limit: number;
      clock: Clock;
      watch: Registry | undefined;
    },
  ) {
    checkLimit(`semaphore "${name}"`, "limit", limit);
    this.name = name;
    this.limit = limit;
    this.clock = clock;
    this.watch = watch;
    this.#figures = new WorkFigures(clock.now());
    watch?.register(this);
  }

  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async acquire(options: AcquireOptions = {}): Promise<Hold> {
    checkWait(this.name, options);
    if (this.#holds.size < this.limit) return this.#give(options.holder);
    const waiter = new Waiter<Hold>(this, null, options);
    this.#queue.push(waiter);
    return waiter.promise;
  }

  tryAcquire({ holder }: { holder?: string } = {}): Permit | undefined {
    return this.#holds.size < this.limit ? this.#give(holder) : undefined;
  }

  run<T>(
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options: AcquireOptions = {},
  ): Promise<T> {
    return runUnder(this.acquire(options), work, options.signal);
  }

  stats(): LimitStats {
    const now = this.clock.now();
    return {
      name: this.name,
      kind: "semaphore",
      limit: this.limit,
      concurrent: this.#holds.size,
      queue_depth: this.#queue.size,
      ...this.#figures.read(now),
      held_by: heldBy(this.#holds, now),
    };
  }

  load() {
    return {
      concurrent: this.#holds.size,
      queueDepth: this.#queue.size,
      capacity: this.limit,
    };
  }

  takeBack(hold: Hold, outcome: "completed" | "failed"): void {
    const now = this.clock.now();
    this.#holds.remove(hold.node!);
    this.#figures.ended(now, now - hold.since, outcome);
    const next = this.#queue.first;
    if (next === undefined) return;
    this.#queue.remove(next);
    next.settle(this.#hold(next.holder, next.scope, now, now - next.since));
  }

  forget(waiter: Waiter): void {
    this.#queue.remove(waiter);
  }

  inTheWayOf(): Iterable<Hold> {
    return this.#holds;
  }

  waitingWith(): number {
    return this.#queue.size;
  }

  stateFor(): string {
    return `${this.#holds.size} of ${this.limit} taken`;
  }

  #give(holder: string | undefined): Hold {
    const scope = currentScope();
    const name = holder ?? scope?.name ?? unnamed;
    return this.#hold(name, scope, this.clock.now(), 0);
  }

  #hold(
    holder: string,
    scope: Hold["scope"],
    since: number,
    waitedMs: number,
  ): Hold {
    const hold = new Hold(this, { key: null, holder, since, waitedMs, scope });
    hold.node = this.#holds.push(hold);
    this.#figures.waited(waitedMs);
    return hold;
  }
}

/**
 * Makes a named semaphore: at most `limit` permits are out at once. Who comes
 * first is served first; a higher priority goes before all lower ones, however
 * long those have waited. A permit that comes back goes from hand to hand to
 * the next waiter: no newcomer overtakes.
 *
 * Aborting a waiter or its time-out takes it out of the queue. An abort that
 * comes after the permit was given does not take it away: the caller has it and
 * gives it back. So end a wait with `signal` or `timeoutMs`, never by racing
 * the promise: a permit that no one receives is never given back.
 *
 * @param name For statistics and reports.
 * @returns The semaphore; it holds no resources.
 * @throws {RangeError} `limit` is not a whole number from 1.
 *
 * @example
 * ```ts
 * import { createSemaphore } from "@loophound/toolkit/limits";
 *
 * const discogs = createSemaphore("discogs", { limit: 5 });
 * {
 *   using permit = await discogs.acquire({ holder: "job 41", timeoutMs: 10_000 });
 *   console.log(permit.waitedMs, discogs.stats().concurrent); // 0 1
 * }
 * const answer = await discogs.run(() => "the work's result");
 * console.log(answer, discogs.stats().completed); // the work's result 2
 * ```
 */
export function createSemaphore(
  name: string,
  { limit, registry, clock }: SemaphoreOptions,
): Semaphore {
  const watch = registry && registryOf(registry);
  return new FairSemaphore(name, {
    limit,
    clock: clock ?? watch?.clock ?? systemClock,
    watch,
  });
}
