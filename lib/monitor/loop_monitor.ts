import type { WatchdogOptions } from "./watchdog.ts";
import { TickingMonitor } from "./_ticking_monitor.ts";
import type { BlockReport, LoopMonitor, MonitorMode } from "./types.ts";

/** Options of {@linkcode startLoopMonitor}. */
export interface LoopMonitorOptions {
  /**
   * A stretch longer than this is a block. Milliseconds.
   *
   * @default {5}
   */
  thresholdMs?: number;
  /**
   * Milliseconds between two looks at the clock.
   *
   * @default {2}
   */
  tickMs?: number;
  /**
   * Gaps outside any handler are not logged for so many milliseconds after
   * the start: modules load, caches fill. They are kept in `blocks()`, marked
   * `startup`. Monitored calls are logged. `Infinity`: until `endGrace()`.
   *
   * @default {1000}
   */
  graceMs?: number;
  /**
   * How many reports are kept.
   *
   * @default {200}
   */
  ring?: number;
  /**
   * `exact` sees every continuation of every monitored call and needs promise
   * hooks (Deno 2.9.5 and later); `light` sees the synchronous beginning of a
   * call, and blames what the ticker saw on a call only when it was the single
   * one in flight; `auto` is `exact` where the host can.
   *
   * Measured on a busy two-core machine (CPU of the loop's thread, medians of
   * ten alternating pairs on Hono, the ticker running in both): `light` 4 to
   * 5 µs a request; `exact` 6 µs on a constant answer, 9 with 5 awaits, 28
   * with 30, and 2 to 10 µs for the hooks themselves. The ticker costs about
   * 1 % of a core more than a bare 2 ms interval.
   *
   * @default {"auto"}
   */
  mode?: "auto" | MonitorMode;
  /**
   * `rolling`: a CPU profile of the program's own, always on, names function,
   * line and cause of each block from its first occurrence on. It holds the
   * loop once, when it starts (20 to 150 ms, by the size of the program: start
   * the monitor before the server listens), and 0.7 ms every five seconds, or
   * up to ten times a second while there are blocks. Needs an inspector
   * (`--allow-sys`, Deno 2.9). `off`: reports name the route only.
   * `auto`: `rolling` where the host can.
   *
   * @default {"auto"}
   */
  profile?: "auto" | "rolling" | "off";
  /**
   * A thread that says *while* the loop stands still for over a second which
   * call holds it. True: where the host has threads that do not keep the
   * process alive (Deno 2.9). With options of one's own it is an error where
   * the host cannot. A thread ends later than `stop()` returns: end such a
   * monitor with `await using`.
   *
   * @default {false}
   */
  watchdog?: boolean | WatchdogOptions;
  /**
   * A culprit is logged at most once in so many milliseconds.
   *
   * @default {60_000}
   */
  reportEveryMs?: number;
  /**
   * Milliseconds that `stats()` looks back.
   *
   * @default {60_000}
   */
  windowMs?: number;
  /**
   * Logs a report; `unlogged` says how many of the same culprit were left out
   * since the last time. `onBlock` listeners get all. Null: nothing is logged.
   *
   * @default {(report) => …} prints `formatBlock(report)` to stderr, off the loop
   */
  log?: ((report: BlockReport, unlogged: number) => void) | null;
}

/**
 * Starts measuring the loop of the calling thread: how late it comes, who
 * holds it, and how long each monitored call was on it.
 *
 * The ticker does not keep the process alive. Stop the monitor (or dispose of
 * it) when done; in a test with `await using`, which waits for what it prints.
 *
 * @param options Thresholds and what to do with reports.
 * @returns The running monitor.
 * @throws {Error} `mode` is `exact` and the host has no promise hooks.
 * @throws {RangeError} `tickMs` or `thresholdMs` is not above 0.
 *
 * @example
 * ```ts
 * import { monitorBlocking, startLoopMonitor } from "@loophound/toolkit/monitor";
 *
 * await using monitor = startLoopMonitor();
 * const handle = monitorBlocking(monitor, "sum")((n: number) => {
 *   let sum = 0;
 *   for (let i = 0; i < n; i++) sum += i;
 *   return sum;
 * });
 * handle(1000);
 * console.log(monitor.stats().lag_ms.p99);
 * ```
 */
export function startLoopMonitor(
  options: LoopMonitorOptions = {},
): LoopMonitor {
  return new TickingMonitor(options);
}
