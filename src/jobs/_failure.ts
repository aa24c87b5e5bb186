import type { JobError } from "./types.ts";

/** The figures of a load contradict each other: a fault of its source. */
export class LoadFiguresError extends Error {
  override readonly name = "LoadFiguresError";
}

/** The input of a job is not one that its kind takes (any more). */
export class JobInputError extends Error {
  override readonly name = "JobInputError";
}

/**
 * Why a running job is stopped although nothing is wrong with it. `closing`:
 * put it back. `lost`: another server has taken it. `cancelled`: someone asked.
 */
export type StopReason = "closing" | "lost" | "cancelled";

const because: Record<StopReason, string> = {
  closing: "the server is closing",
  lost: "another server has taken it over",
  cancelled: "it was cancelled",
};

/** A running job is stopped; see {@linkcode StopReason}. */
export class JobStoppedError extends Error {
  override readonly name = "JobStoppedError";
  readonly reason: StopReason;

  constructor(reason: StopReason) {
    super(`Cannot go on with the job: ${because[reason]}`);
    this.reason = reason;
  }
}

// By name: an error that comes from a thread has lost its class.
const finalNames = new Set([
  "InputError",
  "FormatError",
  "LoadFiguresError",
  "JobInputError",
]);

/** Whether trying the same input again would fail the same way. */
export function isFinal(error: unknown): boolean {
  return error instanceof Error && finalNames.has(error.name);
}

function causeOf(error: Error): Pick<JobError, "cause"> {
  const { cause } = error;
  if (cause === undefined || cause === null) return {};
  return {
    cause: cause instanceof Error
      ? { name: cause.name, message: cause.message }
      : { name: "Error", message: String(cause) },
  };
}

/** What a job's `error` says of what was thrown. */
export function describeError(error: unknown): JobError {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), line: null };
  }
  const line = "line" in error && typeof error.line === "number"
    ? error.line
    : null;
  const { name, message } = error;
  return { name, message, line, ...causeOf(error) };
}
