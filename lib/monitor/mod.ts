/**
 * Finds what holds the loop: a lag meter, the own time of every monitored
 * call, and reports that name the route. Awaiting is not blocking: only
 * synchronous stretches count.
 *
 * ```ts
 * import { monitorBlocking, startLoopMonitor } from "@loophound/toolkit/monitor";
 *
 * await using monitor = startLoopMonitor({ thresholdMs: 5 });
 * const spin = monitorBlocking(monitor, "spin")((ms: number) => {
 *   const end = performance.now() + ms;
 *   while (performance.now() < end);
 * });
 * spin(30);
 * console.log(monitor.blocks()[0]?.message); // Potential event loop blocking in spin
 * ```
 *
 * Function, line and cause come from a CPU profile that is always on; where
 * the host has none, reports name the route only.
 *
 * What it does not see: `exact` mode knows what runs after an await, in timers
 * and in `process.nextTick`, but not what `queueMicrotask` or an event callback
 * does on its own. Such a gap is reported without a route, when it is longer
 * than two thresholds (without the profile: at least 15 ms) and code filled it.
 *
 * Awaiting does not always give the loop back: on Deno 2.9.6 a handler that
 * computes 1.2 ms and then awaits `Deno.stat`, again and again, kept timers
 * waiting for 166 ms and other requests for 359 ms, because the file operation
 * was done before the loop looked elsewhere. That is one stretch, and is
 * reported as one; `setImmediate` in between made it many.
 *
 * @module
 */
export type * from "./types.ts";
export { type LoopMonitorOptions, startLoopMonitor } from "./loop_monitor.ts";
export { formatBlock } from "./format_block.ts";
export {
  startWatchdog,
  type Watchdog,
  type WatchdogOptions,
  type WatchdogSupport,
  watchdogSupport,
} from "./watchdog.ts";
export type { StallReport } from "./_watchdog_messages.ts";
export { Heartbeat } from "./_heartbeat.ts";
export { monitorServe } from "./monitor_serve.ts";
export { type BlockingDecorator, monitorBlocking } from "./monitor_blocking.ts";
export {
  catchUnhandledRejections,
  type UnhandledOptions,
  type UnhandledReport,
} from "./unhandled.ts";
