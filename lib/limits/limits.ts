import type { Clock } from "./clock.ts";
import { FairHostLimits, type HostLimitsOptions } from "./host_limits.ts";
import { FairKeyedLock } from "./keyed_lock.ts";
import { type RateLimitOptions, TokenBucket } from "./rate_limit.ts";
import { OpenRegistry } from "./_open_registry.ts";
import { setRegistry } from "./_registry.ts";
import { FairSemaphore } from "./semaphore.ts";
import type {
  HostLimits,
  KeyedLock,
  LimitStats,
  LongWaitReport,
  RateLimit,
  Semaphore,
  StarvationReport,
} from "./types.ts";

/** Figures of something that is no limit of this registry: a pool, a breaker. */
export type ForeignStats =
  & Pick<LimitStats, "name" | "concurrent" | "queue_depth">
  & Partial<LimitStats>;

/** Something with figures of its own. */
export interface StatsProvider {
  stats(): ForeignStats | readonly ForeignStats[];
}

/** Options of {@linkcode openLimits}. */
export interface OpenLimitsOptions {
  /**
   * Semaphores by name, and how many may hold each.
   *
   * @default {{}}
   */
  limits?: Readonly<Record<string, number>>;
  /**
   * Whoever waits so many milliseconds is reported; again at twice that time,
   * four times, and so on.
   *
   * @default {10_000}
   */
  longWaitMs?: number;
  /**
   * For how many milliseconds work may be queued while hardly any is under
   * way; then it is reported, and again at twice that time, and so on.
   *
   * @default {10_000}
   */
  starvedMs?: number;
  /**
   * Milliseconds between two looks.
   *
   * @default {a tenth of the shorter of the two, from 10 to 1,000}
   */
  lookEveryMs?: number;
  /** Called for those who wait long; at most five a limit and look. */
  onLongWait?: (report: LongWaitReport) => void;
  /** Called when work is queued and hardly any is under way. */
  onStarved?: (report: StarvationReport) => void;
  /** @default {the host's clock} */
  clock?: Clock;
}

/** The limits of a program, in one place. Made by {@linkcode openLimits}. */
export interface Limits extends Disposable {
  /**
   * The semaphore of that name.
   *
   * @throws {RangeError} There is none; the message names those there are.
   */
  semaphore(name: string): Semaphore;
  /** The keyed lock of that name, made when first asked for. */
  keyedLock(name: string): KeyedLock;
  /**
   * The host limits of that name: made with options, got without.
   *
   * @throws {RangeError} Got, and there are none; made, and the name is taken.
   */
  hosts(
    name: string,
    options?: Omit<HostLimitsOptions, "registry" | "clock">,
  ): HostLimits;
  /**
   * The rate limit of that name: made with options, got without.
   *
   * @throws {RangeError} Got, and there is none; made, and the name is taken.
   */
  rateLimit(
    name: string,
    options?: Omit<RateLimitOptions, "registry" | "clock">,
  ): RateLimit;
  /**
   * Shows something else too: classes of threads, a pool of connections, a
   * circuit breaker. Its queue is watched like those of the limits.
   *
   * @returns Disposed, it is shown no longer.
   */
  add(provider: StatsProvider): Disposable;
  /** One row a limit, in the order they were made; then what was added. */
  stats(): LimitStats[];
}

/**
 * Opens the limits of a program: one place that says how much of everything
 * may go on at once, shows what does, and reports who waits long and for whom,
 * and queues on which hardly anyone works.
 *
 * @returns The limits. Who opens them disposes them (`using`): that ends the
 * watching, the limits themselves go on.
 * @throws {RangeError} A limit is not a whole number from 1, or a time is not
 * above 0.
 *
 * @example
 * ```ts
 * import { openLimits, withHolder } from "@loophound/toolkit/limits";
 *
 * using limits = openLimits({
 *   limits: { import: 10, spotify: 1, discogs: 5, database: 8 },
 *   onLongWait: (report) => console.warn(report.message),
 *   onStarved: (report) => console.warn(report.message),
 * });
 * const rows = await withHolder(
 *   "job 41",
 *   () => limits.semaphore("database").run(() => ["a row"]),
 * );
 * console.log(rows, limits.stats().length); // [ "a row" ] 4
 * ```
 */
export function openLimits(options: OpenLimitsOptions = {}): Limits {
  const registry = new OpenRegistry(options);
  const { clock } = registry;
  const at = { clock, watch: registry };
  const limits: Limits = {
    semaphore(name) {
      const found = registry.find(FairSemaphore, name);
      if (typeof found !== "string") return found;
      throw new RangeError(`Cannot get semaphore "${name}": ${found}`);
    },
    keyedLock(name) {
      const found = registry.find(FairKeyedLock, name);
      return typeof found === "string" ? new FairKeyedLock(name, at) : found;
    },
    hosts(name, options) {
      if (options !== undefined) return new FairHostLimits(name, options, at);
      const found = registry.find(FairHostLimits, name);
      if (typeof found !== "string") return found;
      throw new RangeError(`Cannot get host limits "${name}": ${found}`);
    },
    rateLimit(name, options) {
      if (options !== undefined) return new TokenBucket(name, options, at);
      const found = registry.find(TokenBucket, name);
      if (typeof found !== "string") return found;
      throw new RangeError(`Cannot get rate limit "${name}": ${found}`);
    },
    add(provider) {
      registry.providers.add(provider);
      return {
        [Symbol.dispose]: () => void registry.providers.delete(provider),
      };
    },
    stats: () => [
      ...[...registry.limits.values()].map((limit) => limit.stats()),
      ...registry.foreign(),
    ],
    [Symbol.dispose]: () => registry.close(),
  };
  setRegistry(limits, registry);
  return limits;
}
