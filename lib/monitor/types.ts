import type { StallReport } from "./_watchdog_messages.ts";

/** Lag of the loop, milliseconds. */
export interface LagFigures {
  p50: number;
  p99: number;
  p999: number;
  max: number;
}

/** The loop's state, as `/api/ops/loop` answers it. */
export interface LoopStats {
  lag_ms: LagFigures;
  /** Share (0–1) of the window in which the loop was busy. */
  utilization: number;
  /** Seconds that the figures cover. */
  window_s: number;
  threshold_ms: number;
  blocks_total: number;
  /** ISO time since which the loop has not turned, else null. */
  stalled_since: string | null;
  in_flight: { route: string; since_ms: number }[];
}

/** The function that held the loop: URL of its source, and where in it. */
export interface Culprit {
  function: string;
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

/** Why something held the loop. */
export type BlockCause = "cpu" | "sync_io" | "gc" | "parked" | "module_load";

/** Code that held the loop: design.md §6. Times in milliseconds. */
export interface BlockReport {
  /** `Potential event loop blocking in GET /api/genes/:symbol`. */
  message: string;
  level: "warning";
  /** ISO time of the end of the newest occurrence. */
  time: string;
  own_ms: number;
  longest_ms: number;
  inherited_ms: number;
  wall_ms: number | null;
  /**
   * For how long of `longest_ms` the thread was ready to run and the system,
   * or a hypervisor, ran something else. 0 where the host does not tell (other
   * than Linux).
   */
  preempted_ms: number;
  threshold_ms: number;
  /** Null when no handler is to blame. */
  route: string | null;
  /** The culprit's, else the name of the monitored function. */
  function: string | null;
  /** Line of the source; null without a profile, or where it saw nothing. */
  culprit: Culprit | null;
  /** `function (file:line:column)`, innermost first, at most twelve. */
  stack: string[];
  cause: BlockCause | null;
  /**
   * It was before the grace ended: kept in `blocks()`, neither counted nor
   * logged.
   */
  startup: boolean;
  /** Occurrences of this culprit so far. */
  count: number;
  advice: string;
  trace_id: string | null;
}

/** What one call of a monitored handler did to the loop. Milliseconds. */
export interface CallFigures {
  label: string;
  own_ms: number;
  longest_ms: number;
  inherited_ms: number;
  wall_ms: number;
  failed: boolean;
}

/** A stretch of time over which the loop is measured by itself. */
export interface LoopWindow {
  /** Figures so far. */
  figures(): { p999_ms: number; max_ms: number; blocks: number };
  close(): { p999_ms: number; max_ms: number; blocks: number };
}

/**
 * How much the monitor sees of a call: `exact` all its stretches, `light` the
 * first one, and later ones only by the ticker (see `startLoopMonitor`).
 */
export type MonitorMode = "exact" | "light";

/** What a measured function is given of the call that it runs in. */
export interface MonitoredCall {
  /** Synchronous milliseconds of the call so far, the running stretch included. */
  ownMs(): number;
  /** Says that the call failed although it will not throw. */
  fail(): void;
}

/** Options of {@linkcode LoopMonitor.measure}. */
export interface MeasureOptions {
  /**
   * Name of the measured function, for reports.
   *
   * @default {null}
   */
  function?: string | null;
  /**
   * Asked when a report is made.
   *
   * @default {() => null}
   */
  traceId?: () => string | null;
  /** Called for each block of the call, maybe after its end. */
  onBlock?: ((report: BlockReport) => void) | undefined;
  /** Called when the call has ended, before the `onCall` listeners. */
  onEnd?: (figures: CallFigures) => void;
}

/** Totals since the start, for Prometheus. */
export interface LoopCounters {
  /** Sum of what the lag histogram counts, milliseconds. */
  lag_sum_ms: number;
  blocks: number;
  /** Gaps that no call explains, in which the thread hardly computed. */
  parked_gaps: number;
  /** Over five seconds without computing: the machine slept. */
  suspended_gaps: number;
  /**
   * What looked like a block and was time that the system, or a hypervisor,
   * gave to others.
   */
  preempted_gaps: number;
  /** Stretches that a debugger held. */
  paused_gaps: number;
  /** Time in which the monitor itself was on the loop since the grace. */
  monitor_total_ms: number;
  /** Its longest piece of work, time without a core left out. */
  monitor_longest_ms: number;
  /** Such pieces over the threshold. */
  monitor_blocks: number;
  /** Reports that came too soon after another of the same culprit to be logged. */
  unlogged: number;
}

/** The loop was never idle, though maybe no single stretch was long. */
export interface SaturationReport {
  /** `Event loop saturated: 98 % busy for 10 s`. */
  message: string;
  level: "warning";
  /** ISO time. */
  time: string;
  /** Share (0–1) of the time in which the loop was busy. */
  utilization: number;
  /** For how long now, seconds. */
  for_s: number;
  /** Share (0–1) of the time for which the thread was ready and had no core. */
  preempted: number;
  /** Who was on the loop meanwhile, most first, at most ten. */
  routes: { route: string; own_ms: number; share: number; calls: number }[];
  advice: string;
}

/** Measures the loop. Made by `startLoopMonitor`. */
export interface LoopMonitor extends Disposable, AsyncDisposable {
  /** What this host could give, whatever was asked for. */
  readonly mode: MonitorMode;
  /** Whether culprits are found by a rolling profile; else why not. */
  readonly profile: { on: boolean; why: string | null };
  /** Whether a thread watches; else why not. */
  readonly watchdog: { on: boolean; why: string | null };
  stats(): LoopStats;
  /** Newest first. */
  blocks(limit?: number): BlockReport[];
  inFlight(): { route: string; since_ms: number }[];
  onBlock(listener: (report: BlockReport) => void): Disposable;
  /** Called every ten seconds at first, then every minute, for as long as the loop is never idle. */
  onSaturation(listener: (report: SaturationReport) => void): Disposable;
  /** Called when a stall that the watchdog told of is over. */
  onStall(listener: (report: StallReport) => void): Disposable;
  /** Called once for each monitored call that ended. */
  onCall(listener: (figures: CallFigures) => void): Disposable;
  openWindow(): LoopWindow;
  /**
   * Lag histogram since the start, for Prometheus: upper bounds in
   * milliseconds and cumulative counts.
   */
  histogram(): { le_ms: number; count: number }[];
  counters(): LoopCounters;
  /** Blocks and their milliseconds by route (null: outside any handler). */
  blockCounts(): { route: string | null; count: number; total_ms: number }[];
  /**
   * Runs a function as a monitored call. `monitorBlocking` is the comfortable
   * form of it.
   *
   * @param label Name of the call in reports. A function is asked when the
   * name is needed, at the earliest: most calls never need it before their end.
   * @returns What `fn` returned; a promise settles as `fn`'s did.
   */
  measure<T>(
    label: string | (() => string),
    fn: (call: MonitoredCall) => T,
    options?: MeasureOptions,
  ): T;
  /** Label of the monitored call that the running code belongs to, else null. */
  currentLabel(): string | null;
  /** Milliseconds by which the loop was late since the start, all in all. */
  lagTotalMs(): number;
  /**
   * Milliseconds by which the loop was late between two times of
   * `performance.now()`.
   */
  lagBetween(from: number, to: number): number;
  /**
   * CPU milliseconds of the loop's thread between two times of
   * `performance.now()`, give or take about 20; null where the host does not
   * tell or the times are too long ago.
   */
  cpuBetween(from: number, to: number): number | null;
  /**
   * Ends the start-up grace now: for programs that know when they are ready,
   * with `graceMs: Infinity`.
   */
  endGrace(): void;
  /**
   * Resolves when every block so far has been reported, with its culprit.
   * A report waits 0.1 s for its line, up to a second while blocks come all the
   * time; `blocks()` has it before that, without the line.
   */
  settled(): Promise<void>;
  /** Ends at once; reports still without a line are made without it. */
  stop(): void;
  /** Waits until all blocks are reported, then ends: `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}
