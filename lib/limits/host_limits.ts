import { type Clock, systemClock } from "./clock.ts";
import { WorkFigures } from "./work_figures.ts";
import { Hold, type HoldOwner } from "./_hold.ts";
import { type Host, HostTable, HostWaiter } from "./_host_table.ts";
import { currentScope, runUnder } from "./holder.ts";
import { List, type ListNode } from "./_list.ts";
import { type Registry, registryOf, type Watched } from "./_registry.ts";
import { checkLimit } from "./semaphore.ts";
import { type Awaited, checkWait, unnamed, type Waiter } from "./_waiter.ts";
import { heldBy, seconds } from "./_words.ts";
import type { Limits } from "./limits.ts";
import type { AcquireOptions, HostLimits, LimitStats } from "./types.ts";

/** Options of {@linkcode createHostLimits}. */
export interface HostLimitsOptions {
  /**
   * Requests under way to all hosts together.
   *
   * @default {20}
   */
  total?: number;
  /**
   * Requests under way to one host.
   *
   * @default {5}
   */
  perHost?: number;
  /**
   * Politeness: the least time in milliseconds between the starts of two
   * requests to one host. A function is asked at each start, so that it can
   * answer another time each time.
   *
   * @default {0}
   */
  delayMs?: number | ((host: string) => number);
  /** What differs for some hosts, by host name. */
  overrides?: Readonly<
    Record<string, { readonly perHost?: number; readonly delayMs?: number }>
  >;
  /** Shows it in its statistics and reports who waits long for it. */
  registry?: Limits;
  /** @default {the host's clock} */
  clock?: Clock;
}

/** A permit for a host: it stands in the host's list and in that of all. */
class HostHold extends Hold {
  readonly host: Host;
  readonly hostNode: ListNode<Hold>;

  constructor(
    owner: HoldOwner,
    host: Host,
    facts: ConstructorParameters<typeof Hold>[1],
  ) {
    super(owner, facts);
    this.host = host;
    this.hostNode = host.holds.push(this);
  }
}

export class FairHostLimits implements HostLimits, Awaited, HoldOwner, Watched {
  readonly name: string;
  readonly clock: Clock;
  readonly watch: Registry | undefined;
  readonly #total: number;
  readonly #perHost: number;
  readonly #delayMs: (host: string) => number;
  readonly #overrides: NonNullable<HostLimitsOptions["overrides"]>;
  readonly #hosts = new HostTable();
  readonly #holds = new List<Hold>();
  readonly #figures: WorkFigures;
  #waiting = 0;
  #timer: { at: number; handle: Disposable } | undefined;

  constructor(
    name: string,
    { total = 20, perHost = 5, delayMs = 0, overrides = {} }: HostLimitsOptions,
    { clock, watch }: { clock: Clock; watch: Registry | undefined },
  ) {
    const what = `host limits "${name}"`;
    checkLimit(what, "total", total);
    checkLimit(what, "perHost", perHost);
    for (const [host, override] of Object.entries(overrides)) {
      checkLimit(what, `perHost of ${host}`, override.perHost ?? perHost);
    }
    this.name = name;
    this.clock = clock;
    this.watch = watch;
    this.#total = total;
    this.#perHost = perHost;
    this.#overrides = overrides;
    this.#delayMs = (host) => {
      const ms = this.#override(host)?.delayMs ??
        (typeof delayMs === "number" ? delayMs : delayMs(host));
      if (ms >= 0 && ms < Infinity) return ms;
      throw new RangeError(
        `Cannot take ${name} "${host}": delayMs is ${ms}, not a finite number from 0`,
      );
    };
    this.#figures = new WorkFigures(clock.now());
    watch?.register(this);
  }

  get size(): number {
    this.#hosts.sweep(this.clock.now());
    return this.#hosts.size;
  }

  // deno-lint-ignore require-await -- what is thrown becomes a rejection
  async acquire(name: string, options: AcquireOptions = {}): Promise<Hold> {
    checkWait(this.name, options);
    const delayMs = this.#delayMs(name);
    const now = this.clock.now();
    // Before a newcomer come those whose delay ended a moment ago.
    this.#startReady(now);
    this.#hosts.sweep(now);
    const host = this.#hosts.get(name) ??
      this.#hosts.add(
        name,
        this.#override(name)?.perHost ?? this.#perHost,
        now,
      );
    if (
      host.queue.size === 0 && this.#holds.size < this.#total &&
      host.holds.size < host.perHost && host.nextStart <= now
    ) {
      const scope = currentScope();
      const holder = options.holder ?? scope?.name ?? unnamed;
      const facts = { key: name, holder, since: now, waitedMs: 0, scope };
      return this.#hold(host, facts, delayMs);
    }
    const waiter = new HostWaiter(this, name, options);
    waiter.delayMs = delayMs;
    this.#waiting++;
    host.queue.push(waiter);
    this.#hosts.place(host, now);
    this.#setTimer();
    return waiter.promise;
  }

  run<T>(
    host: string,
    work: (signal: AbortSignal | undefined) => T | Promise<T>,
    options: AcquireOptions = {},
  ): Promise<T> {
    return runUnder(this.acquire(host, options), work, options.signal);
  }

  stats(): LimitStats {
    const now = this.clock.now();
    return {
      name: this.name,
      kind: "hosts",
      limit: this.#total,
      concurrent: this.#holds.size,
      queue_depth: this.#waiting,
      ...this.#figures.read(now),
      held_by: heldBy(this.#holds, now),
    };
  }

  hostStats(): LimitStats[] {
    const now = this.clock.now();
    this.#hosts.sweep(now);
    return [...this.#hosts.values()].map((host) => ({
      name: host.name,
      kind: "hosts",
      limit: host.perHost,
      concurrent: host.holds.size,
      queue_depth: host.queue.size,
      ...host.figures.read(now),
      held_by: heldBy(host.holds, now),
    }));
  }

  load() {
    const concurrent = this.#holds.size;
    return {
      concurrent,
      queueDepth: this.#waiting,
      // What waits for its host's turn is no sign that something is wrong.
      capacity: Math.min(this.#total, concurrent + this.#hosts.startable),
    };
  }

  takeBack(hold: Hold, outcome: "completed" | "failed"): void {
    const { host, hostNode } = hold as HostHold;
    const now = this.clock.now();
    this.#holds.remove(hold.node!);
    host.holds.remove(hostNode);
    this.#figures.ended(now, now - hold.since, outcome);
    host.figures.ended(now, now - hold.since, outcome);
    this.#hosts.place(host, now);
    this.#startReady(now);
  }

  forget(waiter: Waiter): void {
    const host = this.#hosts.get(waiter.key!)!;
    host.queue.remove(waiter as HostWaiter);
    this.#waiting--;
    this.#hosts.place(host, this.clock.now());
    this.#setTimer();
  }

  inTheWayOf(waiter: Waiter): Iterable<Hold> {
    const host = this.#hosts.get(waiter.key!)!;
    if (host.holds.size >= host.perHost) return host.holds;
    return this.#holds.size >= this.#total ? this.#holds : [];
  }

  waitingWith(waiter: Waiter): number {
    return this.#hosts.get(waiter.key!)!.queue.size;
  }

  stateFor(waiter: Waiter): string {
    const host = this.#hosts.get(waiter.key!)!;
    if (host.holds.size >= host.perHost) {
      return `${host.holds.size} of ${host.perHost} taken`;
    }
    if (this.#holds.size >= this.#total) {
      return `${this.#holds.size} of ${this.#total} taken in all`;
    }
    const ms = Math.max(0, host.nextStart - this.clock.now());
    return `the next may start in ${seconds(ms)}`;
  }

  #override(host: string) {
    return Object.hasOwn(this.#overrides, host)
      ? this.#overrides[host]
      : undefined;
  }

  /** Gives what is free to the oldest waiters that may have it. */
  #startReady(now: number): void {
    while (this.#holds.size < this.#total) {
      const host = this.#hosts.nextReady(now);
      if (host === undefined) break;
      const waiter = host.queue.first!;
      host.queue.remove(waiter);
      this.#waiting--;
      const { key, holder, since, scope, delayMs } = waiter;
      const facts = { key, holder, since: now, waitedMs: now - since, scope };
      waiter.settle(this.#hold(host, facts, delayMs));
    }
    this.#setTimer();
  }

  /** One timer, for the host whose delay is over first; none if all are taken. */
  #setTimer(): void {
    const next = this.#holds.size < this.#total
      ? this.#hosts.nextDelayEnd
      : undefined;
    if (this.#timer?.at === next) return;
    this.#timer?.handle[Symbol.dispose]();
    this.#timer = next === undefined ? undefined : {
      at: next,
      handle: this.clock.after(next - this.clock.now(), () => {
        this.#timer = undefined;
        this.#startReady(this.clock.now());
      }),
    };
  }

  #hold(
    host: Host,
    facts: ConstructorParameters<typeof Hold>[1],
    delayMs: number,
  ): Hold {
    const hold = new HostHold(this, host, facts);
    hold.node = this.#holds.push(hold);
    host.nextStart = facts.since + delayMs;
    this.#figures.waited(facts.waitedMs);
    host.figures.waited(facts.waitedMs);
    this.#hosts.place(host, facts.since);
    return hold;
  }
}

/**
 * Makes limits for requests to many hosts: at most `total` under way, at most
 * `perHost` to each, and at least `delayMs` between the starts of two to the
 * same host.
 *
 * A permit is taken for all of it at once. Who waits for a host takes none of
 * the places of the others, and nothing is held while a delay runs: 50 hosts
 * with a delay of 2 s each are served side by side. A free place goes to the
 * oldest waiter whose host has room and whose delay is over; a higher
 * priority goes first.
 *
 * A host is forgotten when nothing is under way, nothing waits and its delay
 * is over.
 *
 * @param name For statistics and reports.
 * @returns The limits; one timer runs while somebody waits for a delay.
 * @throws {RangeError} A limit is not a whole number from 1.
 *
 * @example
 * ```ts
 * import { createHostLimits } from "@loophound/toolkit/limits";
 *
 * const hosts = createHostLimits("crawl", {
 *   total: 20,
 *   perHost: 5,
 *   overrides: { "api.discogs.com": { perHost: 1, delayMs: 500 } },
 * });
 * const page = await hosts.run("example.org", () => "its page");
 * console.log(page, hosts.size); // its page 0
 * ```
 */
export function createHostLimits(
  name: string,
  options: HostLimitsOptions = {},
): HostLimits {
  const watch = options.registry && registryOf(options.registry);
  return new FairHostLimits(name, options, {
    clock: options.clock ?? watch?.clock ?? systemClock,
    watch,
  });
}
