import type { BlockReport } from "./types.ts";

/** A stretch this long or longer can be told apart by CPU time, which comes in steps of 10 ms. */
const TELLABLE_MS = 20;
const PARKED_MS = 40;

/**
 * What the thread did in a stretch.
 *
 * @param stretchMs How long the stretch was.
 * @param cpuMs CPU milliseconds of the thread over at least the stretch, else null.
 */
export function causeOf(
  stretchMs: number,
  cpuMs: number | null,
): "cpu" | "parked" | null {
  if (cpuMs === null || stretchMs < TELLABLE_MS) return null;
  if (cpuMs >= stretchMs / 2) return "cpu";
  return stretchMs >= PARKED_MS && cpuMs < stretchMs / 4 ? "parked" : null;
}

/** One sentence on what to do about a block. */
export function adviceFor(
  cause: BlockReport["cause"],
  route: string | null,
): string {
  if (cause === "parked") {
    return "The thread waited rather than computed: use the asynchronous form of the call, or run it in a thread";
  }
  if (route === null) {
    return "Look at timers, event callbacks and background work; wrap them with monitorBlocking to have them named, then move the computing to a thread";
  }
  return "Move the computing to a thread, or cut it into pieces that give the loop back in between; awaiting alone does not";
}
