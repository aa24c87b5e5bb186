import type { Explanation, Span } from "./_explain.ts";

/** Milliseconds between two samples of the profile. */
export const SAMPLE_EVERY_MS = 2;
/** From so many expected samples on their absence says something. */
const TELLING_SAMPLES = 8;
/** Fewer than this share of them is absence. */
const SPARSE = 1 / 8;
/** A gap of which less was seen is left alone, unless the thread surely computed. */
const LEAST_SAMPLES = 2;
const LEAST_SEEN = 1 / 4;
/** Who ran in so many of the expected samples was not without a core. */
const MOST_SEEN = 1 / 2;
/** A stretch longer than this without samples and computing is a machine that slept. */
export const SUSPENDED_MS = 5_000;
/** With an inspector open, a stretch longer than this without computing is a breakpoint. */
const PAUSED_MS = 250;

/** Something that looks like a block. Milliseconds. */
export interface Suspicion {
  /** `call`: a stretch of a monitored call. `gap`: a gap that no call explains. */
  kind: "call" | "gap";
  span: Span;
  /** Parts of the span that monitored calls account for. */
  except: readonly Span[];
  /** How long the stretch was, the parts left out not counted. */
  ms: number;
  thresholdMs: number;
  /** For how long of it the thread was ready and had no core. */
  preemptedMs: number;
  /** For how long of it at most a hypervisor ran something else on its core. */
  stolenMs: number;
  /** CPU time of the thread meanwhile, null where the host does not tell. */
  cpuMs: number | null;
  /** An inspector's port is open, by somebody else. */
  inspected: boolean;
}

/** What it turned out to be. All but `block` are counted and not reported. */
export type Verdict =
  | "block"
  /** The system, or a hypervisor, ran something else. */
  | "preempted"
  /** Nothing of the program ran: the loop waited, and the tick was late. */
  | "idle"
  /** A debugger held it. */
  | "paused"
  /** The process or the machine stood still. */
  | "suspended";

/**
 * For how long of a stretch its thread had no core, of the system or of a
 * hypervisor. Milliseconds.
 *
 * What the kernel counts as stolen covers more than the stretch. Where samples
 * show that the thread ran for most of it, the rest is all that can have been.
 *
 * @param explanation As for {@linkcode judge}.
 */
export function withoutCoreMs(
  { ms, preemptedMs, stolenMs }: Suspicion,
  explanation: Explanation | null,
): number {
  const rest = Math.max(0, ms - preemptedMs);
  if (stolenMs === 0) return preemptedMs;
  const ran = explanation === null
    ? 0
    : (explanation.samples - explanation.idle) * SAMPLE_EVERY_MS;
  const most = ran < rest * MOST_SEEN ? rest : Math.max(0, rest - ran);
  return preemptedMs + Math.min(stolenMs, most);
}

/**
 * Tells a block from what only looks like one.
 *
 * @param explanation What the profile's samples say; null without a profile.
 */
export function judge(
  suspicion: Suspicion,
  explanation: Explanation | null,
): Verdict {
  const { kind, ms, thresholdMs, preemptedMs, cpuMs, inspected } = suspicion;
  if (ms - withoutCoreMs(suspicion, explanation) <= thresholdMs) {
    return "preempted";
  }
  if (inspected && ms >= PAUSED_MS && cpuMs !== null && cpuMs < ms / 10) {
    return "paused";
  }
  if (explanation === null) return "block";
  const { samples, js, gc, idle, sampling } = explanation;
  const expected = (ms - preemptedMs) / SAMPLE_EVERY_MS;
  const computed = cpuMs !== null && cpuMs >= ms / 4;
  if (
    sampling && !computed && expected >= TELLING_SAMPLES &&
    samples < expected * SPARSE
  ) {
    // The thread that samples runs when this one does not: a hypervisor took
    // the core, or all stood still.
    return ms >= SUSPENDED_MS ? "suspended" : "preempted";
  }
  if (kind === "call") return "block";
  // A gap is a block only if code of the program fills it: the loop's own
  // waiting is sampled, too.
  const filled = js + gc >= samples / 2 && js + gc > idle;
  const seen = samples >= LEAST_SAMPLES &&
    (computed || samples >= expected * LEAST_SEEN);
  return filled && seen ? "block" : "idle";
}
