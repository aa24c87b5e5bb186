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
  threshold_ms: number;
  /** Null when no handler is to blame. */
  route: string | null;
  function: string | null;
  culprit:
    | { function: string; file: string; line: number; column: number }
    | null;
  stack: string[];
  cause: "cpu" | "sync_io" | "gc" | "parked" | "module_load" | null;
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
  /** Gaps over five seconds without computing: the machine slept. */
  suspended_gaps: number;
  /** Reports that came too soon after another of the same culprit to be logged. */
  unlogged: number;
}

/** Measures the loop. Made by `startLoopMonitor`. */
export interface LoopMonitor extends Disposable {
  /** What this host could give, whatever was asked for. */
  readonly mode: MonitorMode;
  stats(): LoopStats;
  /** Newest first. */
  blocks(limit?: number): BlockReport[];
  inFlight(): { route: string; since_ms: number }[];
  onBlock(listener: (report: BlockReport) => void): Disposable;
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
  stop(): void;
}
