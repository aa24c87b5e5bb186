import { HttpDeadlineError, HttpError } from "./errors.ts";

/** What a client counts. */
export interface Figures {
  calls: number;
  requests: number;
  retries: number;
  redirects: number;
  bytes: number;
  readonly failures: Record<string, number>;
}

export function createFigures(): Figures {
  return {
    calls: 0,
    requests: 0,
    retries: 0,
    redirects: 0,
    bytes: 0,
    failures: {},
  };
}

/**
 * Counts a failure by a name. What the caller aborted with is the caller's own
 * and could have any name, so that these are one.
 */
export function countFailure(
  { failures }: Figures,
  error: unknown,
  signal: AbortSignal,
): void {
  const ours = error instanceof HttpError ||
    error instanceof HttpDeadlineError ||
    (error instanceof Error && error.name === "CircuitOpenError");
  const name = ours
    ? error.name
    : signal.aborted && signal.reason === error
    ? "aborted"
    : "other";
  failures[name] = (failures[name] ?? 0) + 1;
}
