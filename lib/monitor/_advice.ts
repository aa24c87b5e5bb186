import type {
  BlockingApi,
  BlockingKind,
} from "@loophound/toolkit/blocking_apis";
import type { Explanation } from "./_explain.ts";
import type { BlockReport } from "./types.ts";

/** A stretch this long or longer can be told apart by CPU time, which comes in steps of 10 ms. */
const TELLABLE_MS = 20;
const PARKED_MS = 40;

/**
 * What the thread did in a stretch.
 *
 * @param stretchMs How long the stretch was.
 * @param cpuMs CPU milliseconds of the thread over at least the stretch, else null.
 * @param preemptedMs For how long of it the thread was ready and had no core.
 */
export function causeOf(
  stretchMs: number,
  cpuMs: number | null,
  preemptedMs = 0,
): "cpu" | "parked" | null {
  const ms = stretchMs - preemptedMs;
  if (cpuMs === null || ms < TELLABLE_MS) return null;
  if (cpuMs >= ms / 2) return "cpu";
  return ms >= PARKED_MS && cpuMs < ms / 4 ? "parked" : null;
}

/** Names of the runtime's functions that load code. */
const LOADING =
  /^(?:loadExtScript|wrapSafe|_compile|Module\._load|Module\._extensions.*|compileFunction|evaluate|instantiate)$/;

/**
 * The cause by what the samples of a profile say; the thread's CPU time tells
 * computing from waiting.
 *
 * @param kind What the list of blocking APIs says of what was called.
 */
export function causeBySamples(
  { samples, gc, idle, within }: Explanation,
  kind: BlockingKind | null,
  byCpu: "cpu" | "parked" | null,
): BlockReport["cause"] {
  const counted = samples - idle;
  if (counted === 0) return byCpu;
  if (gc >= counted / 2) return "gc";
  if (within.some(({ name }) => LOADING.test(name))) return "module_load";
  if (kind !== null) return kind;
  if (/^op_(?:fs_|spawn_sync$)/.test(within[0]?.name ?? "")) {
    return "sync_io";
  }
  return byCpu ?? "cpu";
}

/** One sentence on what to do about a block. */
export function adviceFor(
  cause: BlockReport["cause"],
  route: string | null,
  api: Pick<BlockingApi, "id" | "instead"> | null = null,
): string {
  if (api !== null) return `${api.id} holds the loop: ${api.instead}`;
  if (cause === "parked") {
    return "The thread waited rather than computed: use the asynchronous form of the call, or run it in a thread";
  }
  if (cause === "gc") {
    return "Garbage collection: keep fewer objects alive at a time, stream instead of building large arrays, or do it in a thread, which has a heap of its own";
  }
  if (cause === "module_load") {
    return "Code was loaded and compiled: import it at start-up, before the server listens";
  }
  if (route === null) {
    return "Look at timers, event callbacks and background work; wrap them with monitorBlocking to have them named, then move the computing to a thread";
  }
  return "Move the computing to a thread, or cut it into pieces that give the loop back in between; awaiting alone does not";
}
