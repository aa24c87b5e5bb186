import type { SliceLimits } from "./_row_slices.ts";

/** A lookup that comes while a slice runs should wait for less than 30 ms. */
const LONG_MS = 20;
const SHORT_MS = 10;
const LEAST_SHARE = 1 / 8;

/** Slices of rows are not cut below this for the sake of time. */
const LEAST_ROWS = 250;

/** How large slices are, by how long the last ones took. */
export interface SlicePace {
  /** Of the next slice; changes as times are told. */
  readonly limits: SliceLimits;
  /** Tells how long a slice took, in milliseconds. */
  took(ms: number): void;
}

/**
 * Keeps turns short on a slow or busy machine: slices shrink while they take
 * long, down to an eighth, and grow again afterwards. The first ones are
 * small: an engine that has just started is an order of magnitude slower.
 */
export function slicePace(most: SliceLimits): SlicePace {
  const limits = { ...most };
  const leastRows = Math.min(most.rows, LEAST_ROWS);
  let share = LEAST_SHARE;
  const fit = () => {
    limits.rows = Math.max(leastRows, Math.floor(most.rows * share));
    limits.bytes = Math.floor(most.bytes * share);
  };
  fit();
  return {
    limits,
    took(ms) {
      if (ms > LONG_MS) share *= Math.max(0.5, LONG_MS / ms);
      else if (ms < SHORT_MS) share *= 1.5;
      share = Math.min(1, Math.max(LEAST_SHARE, share));
      fit();
    },
  };
}
