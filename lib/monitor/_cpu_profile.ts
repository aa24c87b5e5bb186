/** A CPU profile as V8 tells it (Chrome DevTools protocol, `Profiler.Profile`). */
export interface CpuProfile {
  nodes: readonly ProfileNode[];
  /** Microseconds of a clock of V8's own. */
  startTime: number;
  endTime: number;
  /** Ids of the innermost nodes, one a sample. */
  samples: readonly number[];
  /** Microseconds from one sample to the next, the first from `startTime`. */
  timeDeltas: readonly number[];
}

/** A function in one place of the call tree. */
export interface ProfileNode {
  id: number;
  callFrame: {
    functionName: string;
    url: string;
    /** From 0, in the emitted JavaScript; -1 for what has no source. */
    lineNumber: number;
    columnNumber: number;
  };
  children?: readonly number[];
  /** Samples in which it was innermost, by line (from 1). */
  positionTicks?: readonly { line: number; ticks: number }[];
}
