import { type Deadline, startDeadline } from "@loophound/toolkit/limits";
import type { HeavyOptions, HeavyQuery } from "./types.ts";

/** @default of {@linkcode HeavyOptions.deadlineMs} */
const defaultDeadlineMs = 30_000;

/** What ends a heavy query: the caller, or its deadline. */
export interface QueryDeadline {
  readonly deadline: Deadline;
  readonly deadlineMs: number;
}

/**
 * Starts a heavy query's deadline. Disposing of it stops the clock.
 *
 * @throws The caller's reason, if it has aborted already.
 */
export function startQueryDeadline(
  query: HeavyQuery,
  options: HeavyOptions = {},
): QueryDeadline {
  const { deadlineMs = defaultDeadlineMs, signal } = options;
  signal?.throwIfAborted();
  const deadline = startDeadline({
    ms: deadlineMs,
    signal,
    name: `query ${query.name}`,
  });
  return { deadline, deadlineMs };
}
