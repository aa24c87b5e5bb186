import { TaskDeadlineError } from "@loophound/toolkit/offload";
import type { HeavyOptions, HeavyQuery } from "./types.ts";

/** @default of {@linkcode HeavyOptions.deadlineMs} */
const defaultDeadlineMs = 30_000;

/** A signal that ends a heavy query: the caller's, or the deadline. */
export interface QueryDeadline extends Disposable {
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
}

/**
 * Starts a heavy query's deadline. Disposing of it stops the clock.
 *
 * @throws The caller's reason, if it has aborted already.
 */
export function startDeadline(
  query: HeavyQuery,
  options: HeavyOptions = {},
): QueryDeadline {
  const deadlineMs = options.deadlineMs ?? defaultDeadlineMs;
  options.signal?.throwIfAborted();
  const controller = new AbortController();
  const timer = Number.isFinite(deadlineMs)
    ? setTimeout(
      () => controller.abort(new TaskDeadlineError(query.name, deadlineMs)),
      deadlineMs,
    )
    : undefined;
  const abort = (): void => controller.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", abort, { once: true });
  return {
    signal: controller.signal,
    deadlineMs,
    [Symbol.dispose]() {
      clearTimeout(timer);
      options.signal?.removeEventListener("abort", abort);
    },
  };
}
