import {
  isOwnFrame,
  parseStack,
  type StackFrame,
} from "@loophound/toolkit/stack";
import type { LoopMonitor } from "./types.ts";

/** A rejection that nobody handled, or an error that nobody caught. */
export interface UnhandledReport {
  kind: "rejection" | "error";
  /** `Unhandled rejection in GET /api/genes: connection lost`. */
  message: string;
  error: unknown;
  /** The monitored call that it came from, where the host tells. */
  label: string | null;
  /** The first frame of one's own code in the error's stack. */
  origin: StackFrame | null;
  /** Frames of the error, at most twelve, without its message. */
  stack: string[];
  /** ISO time. */
  time: string;
}

/** Options of {@linkcode catchUnhandledRejections}. */
export interface UnhandledOptions {
  /**
   * Names the call that a rejection came from.
   *
   * @default {null}
   */
  monitor?: Pick<LoopMonitor, "currentLabel"> | null;
  /**
   * Called for errors thrown out of timers and event callbacks. They end the
   * process unless this returns true: state may be half-changed, so the caller
   * decides.
   *
   * @default {() => false}
   */
  onError?: (report: UnhandledReport) => boolean;
}

function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== "string") return [];
  return error.stack.split("\n").filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim()).slice(0, 12);
}

function originOf(stack: readonly string[]): UnhandledReport["origin"] {
  return parseStack(stack.join("\n")).find(isOwnFrame) ?? null;
}

function textOf(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return typeof error === "string" ? error : Deno.inspect(error);
}

/**
 * Keeps the process alive when a promise is rejected and nobody handles it,
 * and says where the rejection came from.
 *
 * The label is known where the host runs the event in the context of the
 * rejected promise (Deno 2.9 does, 2.5 does not).
 *
 * @param onReport Called for each unhandled rejection; what it throws ends the
 * process as any uncaught error does.
 * @param options Naming, and what to do about uncaught errors.
 * @returns Dispose of it to have the host's own behaviour back.
 *
 * @example
 * ```ts
 * import { catchUnhandledRejections } from "@loophound/toolkit/monitor";
 *
 * using _ = catchUnhandledRejections((report) => {
 *   console.error(report.message, report.origin);
 * });
 * ```
 */
export function catchUnhandledRejections(
  onReport: (report: UnhandledReport) => void,
  options: UnhandledOptions = {},
): Disposable {
  const { monitor = null, onError } = options;
  const report = (
    kind: UnhandledReport["kind"],
    error: unknown,
  ): UnhandledReport => {
    const stack = framesOf(error);
    const label = monitor?.currentLabel() ?? null;
    const what = kind === "rejection"
      ? "Unhandled rejection"
      : "Uncaught error";
    return {
      kind,
      message: `${what}${label === null ? "" : ` in ${label}`}: ${
        textOf(error)
      }`,
      error,
      label,
      origin: originOf(stack),
      stack,
      time: new Date().toISOString(),
    };
  };
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    onReport(report("rejection", event.reason));
  };
  const onUncaught = (event: ErrorEvent) => {
    if (onError?.(report("error", event.error)) === true) {
      event.preventDefault();
    }
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  if (onError !== undefined) {
    globalThis.addEventListener("error", onUncaught);
  }
  return {
    [Symbol.dispose]() {
      globalThis.removeEventListener("unhandledrejection", onRejection);
      globalThis.removeEventListener("error", onUncaught);
    },
  };
}
