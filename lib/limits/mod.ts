/**
 * Limits that hold, and say who holds them: permits, locks, hosts and rates
 * that are handed out in order; deadlines, retries, circuit breakers, and
 * answers of several sources of which some may fail.
 *
 * ```ts
 * import { openLimits, retry, withDeadline, withHolder } from "@loophound/toolkit/limits";
 *
 * using limits = openLimits({
 *   limits: { import: 10, spotify: 1, discogs: 5, database: 8 },
 *   // Waited 12.0 s for discogs (5 of 5 taken), held by job 41 for 14.2 s,
 *   // which waits for database
 *   onLongWait: (report) => console.warn(report.message),
 *   // workers: 40 wait and 1 of 16 run for 10.0 s
 *   onStarved: (report) => console.warn(report.message),
 * });
 * const discogs = limits.semaphore("discogs");
 *
 * const album = await withHolder("job 41", () =>
 *   withDeadline(
 *     (signal) =>
 *       retry(() => discogs.run(() => ({ title: "Drukqs" }), { signal }), {
 *         signal,
 *       }),
 *     { ms: 30_000, name: "album" },
 *   ));
 * console.log(album.title, limits.stats()[2]?.completed); // Drukqs 1
 * ```
 *
 * The limits are our own code, for what no library has together: a waiter
 * that is aborted leaves the queue, a higher priority goes first, a permit
 * fits `using`, and each limit knows who holds it, who waits and for how long.
 * The `Semaphore` of es-toolkit has a queue, but neither signal, time-out,
 * priority nor permits. p-queue runs functions of one queue: a permit cannot be
 * held across them, and a cap of all hosts cannot be taken together with the
 * cap of one.
 *
 * Taking a free permit and giving it back costs about 1 µs of CPU.
 *
 * @module
 */
export type * from "./types.ts";
export { type Clock, systemClock } from "./clock.ts";
export { LimitTimeoutError } from "./errors.ts";
export { currentHolder, withHolder } from "./holder.ts";
export { createSemaphore, type SemaphoreOptions } from "./semaphore.ts";
export { createKeyedLock, type KeyedLockOptions } from "./keyed_lock.ts";
export { createHostLimits, type HostLimitsOptions } from "./host_limits.ts";
export { createRateLimit, type RateLimitOptions } from "./rate_limit.ts";
export {
  type ForeignStats,
  type Limits,
  openLimits,
  type OpenLimitsOptions,
  type StatsProvider,
} from "./limits.ts";
export * from "./circuit_breaker.ts";
export * from "./deadline.ts";
export * from "./gather_partial.ts";
export * from "./retry.ts";
export * from "./retry_after.ts";
export * from "./single_flight.ts";
export { WorkFigures } from "./work_figures.ts";
