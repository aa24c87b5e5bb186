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
import type { AcquireOptions, KeyedLock, LimitStats } from "./types.ts";

/** Options of {@linkcode createKeyedLock}. */
export interface KeyedLockOptions {
  /** Shows it in its statistics and reports who waits long for it. */
  registry?: Limits;
  /** @default {the host's clock} */
  clock?: Clock;
}

/** A key that is held: others may wait for it. */
interface Key {
  hold: Hold;
  /** Made for the first who waits. */
  queue: Heap<Waiter<Hold>> | undefined;
}

export class FairKeyedLock implements KeyedLock, Awaited, HoldOwner, Watched {
  readonly name: string;
  readonly clock: Clock;
  readonly watch: Registry | undefined;
  readonly #keys = new Map<string, Key>();
  /** Of all keys. */
  readonly #holds = new List<Hold>();
  readonly #figures: WorkFigures;
  #waiting = 0;

  constructor(name: string, { clock, watch }: {
    clock: Clock;
    watch: Registry | undefined;
  }) {
    this.name = name;
    this.clock = clock;
    this.watch = watch;
    this.#figures = new WorkFigures(clock.now());
    watch?.register(this);
  }

  get size(): number {
    return this.#keys.size;
  }

  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async acquire(key: string, options: AcquireOptions = {}): Promise<Hold> {
    checkWait(this.name, options);
    const held = this.#keys.get(key);
    if (held !== undefined) {
      const waiter = new Waiter<Hold>(this, key, options);
      held.queue ??= new Heap(goesBefore);
      held.queue.push(waiter);
      this.#waiting++;
      return waiter.promise;
    }
    const scope = currentScope();
    const hold = this.#hold({
      key,
      holder: options.holder ?? scope?.name ?? unnamed,
      since: this.clock.now(),
      waitedMs: 0,
      scope,
    });
    this.#keys.set(key, { hold, queue: undefined });
    return hold;
  }

  run<T>(
    key: string,
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options: AcquireOptions = {},
  ): Promise<T> {
    return runUnder(this.acquire(key, options), work, options.signal);
  }

  stats(): LimitStats {
    const now = this.clock.now();
    return {
      name: this.name,
      kind: "lock",
      limit: null,
      concurrent: this.#holds.size,
      queue_depth: this.#waiting,
      ...this.#figures.read(now),
      held_by: heldBy(this.#holds, now),
    };
  }

  takeBack(hold: Hold, outcome: "completed" | "failed"): void {
    const now = this.clock.now();
    this.#holds.remove(hold.node!);
    this.#figures.ended(now, now - hold.since, outcome);
    const key = this.#keys.get(hold.key!)!;
    const next = key.queue?.first;
    if (next === undefined) {
      this.#keys.delete(hold.key!);
      return;
    }
    this.forget(next);
    key.hold = this.#hold({
      key: next.key!,
      holder: next.holder,
      since: now,
      waitedMs: now - next.since,
      scope: next.scope,
    });
    next.settle(key.hold);
  }

  forget(waiter: Waiter): void {
    this.#keys.get(waiter.key!)!.queue!.remove(waiter);
    this.#waiting--;
  }

  inTheWayOf({ key }: Waiter): Iterable<Hold> {
    return [this.#keys.get(key!)!.hold];
  }

  waitingWith({ key }: Waiter): number {
    return this.#keys.get(key!)!.queue!.size;
  }

  stateFor(): string {
    return "taken";
  }

  #hold(facts: ConstructorParameters<typeof Hold>[1]): Hold {
    const hold = new Hold(this, facts);
    hold.node = this.#holds.push(hold);
    this.#figures.waited(facts.waitedMs);
    return hold;
  }
}

/**
 * Makes locks by key: one holder a key, the others wait in the order they
 * came. Different keys never wait for each other. A key that no one holds takes
 * no memory.
 *
 * Take it around a read, an `await` and a write of the same thing, which
 * otherwise lose updates. It is no lock across processes: that is the
 * database's.
 *
 * @param name For statistics and reports.
 * @returns The locks.
 *
 * @example
 * ```ts
 * import { createKeyedLock } from "@loophound/toolkit/limits";
 *
 * const accounts = createKeyedLock("accounts");
 * const balance = new Map([["anna", 0]]);
 * const addOne = () =>
 *   accounts.run("anna", async () => {
 *     const before = balance.get("anna")!;
 *     await Promise.resolve();
 *     balance.set("anna", before + 1);
 *   });
 * await Promise.all(Array.from({ length: 1000 }, addOne));
 * console.log(balance.get("anna"), accounts.size); // 1000 0
 * ```
 */
export function createKeyedLock(
  name: string,
  { registry, clock }: KeyedLockOptions = {},
): KeyedLock {
  const watch = registry && registryOf(registry);
  return new FairKeyedLock(name, {
    clock: clock ?? watch?.clock ?? systemClock,
    watch,
  });
}
