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

/** Measures the loop. Made by `startLoopMonitor`. */
export interface LoopMonitor extends Disposable {
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
  stop(): void;
}
