import { SUSPENDED_MS } from "./_judge.ts";

/**
 * Least gap that is looked into when no call explains it. Ticks came at most
 * 4.9 ms late beside four busy threads on two cores, but 15 to 30 ms late in
 * a few of a thousand on a machine busier than that: hence the look at the
 * thread's CPU time too.
 */
const LEAST_UNEXPLAINED_MS = 15;
/** Where the CPU time of the thread is not told, only this is surely no scheduling. */
const LEAST_UNTOLD_MS = 50;

/** A gap between two ticks. Milliseconds. */
export interface Gap {
  gap: number;
  /** The part that no monitored call accounts for, and the part that some do. */
  unexplained: number;
  explained: number;
  /** CPU time of the thread meanwhile, and by how much that may be too high. */
  used: number;
  doubt: number;
  /** Whether `used` is the thread's and not the whole process's. */
  exact: boolean;
}

/**
 * The gap that is worth a look.
 *
 * @param sampled Whether a profile tells afterwards what ran in it, if anything.
 */
export function leastUnexplained(thresholdMs: number, sampled = false): number {
  return sampled
    ? 2 * thresholdMs
    : Math.max(2 * thresholdMs, LEAST_UNEXPLAINED_MS);
}

/**
 * What the thread did in a gap that no call explains, by its CPU time alone.
 * `judge` has the last word on what is suspected; this one is asked before, for
 * what cannot wait for samples or has none: whether the gap counts as lag,
 * and whether it is sure enough to blame somebody. For that it knows of doubt.
 *
 * - `computed`: it did for most of it, beyond doubt: somebody held the loop.
 * - `unsure`: it may have. Enough to blame a single suspect, not to report
 *   without one: beside six busy threads on two cores, doubt left out, 5
 *   of 36 such gaps in 12 s were scheduling.
 * - `parked`: it waited in a synchronous call, or other threads had the cores.
 * - `suspended`: the process or the machine stood still.
 */
export function judgeGap(
  { gap, unexplained, explained, used, doubt, exact }: Gap,
): "computed" | "unsure" | "parked" | "suspended" {
  if (gap > SUSPENDED_MS && Math.max(used - doubt, explained) < gap / 10) {
    return "suspended";
  }
  const computed = used - explained;
  if (computed < unexplained / 2) return "parked";
  const sure = exact
    ? computed - doubt >= unexplained / 2
    : unexplained > LEAST_UNTOLD_MS;
  return sure ? "computed" : "unsure";
}
