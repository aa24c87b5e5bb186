import type { JobRecord } from "./types.ts";

/** The figures of a load contradict each other: a fault of its source. */
export class LoadFiguresError extends Error {
  override readonly name = "LoadFiguresError";
}

/** Why a running load is stopped although nothing is wrong with it. */
export class JobStoppedError extends Error {
  override readonly name = "JobStoppedError";
  /** `closing`: put it back. `lost`: another server has taken the job. */
  readonly reason: "closing" | "lost";

  constructor(reason: "closing" | "lost") {
    super(
      reason === "closing"
        ? "Cannot go on with the load: the server is closing"
        : "Cannot go on with the load: another server has taken it over",
    );
    this.reason = reason;
  }
}

// By name: an error that comes from a thread has lost its class.
const finalNames = new Set(["InputError", "FormatError", "LoadFiguresError"]);

/** Whether trying the same input again would fail the same way. */
export function isFinal(error: unknown): boolean {
  return error instanceof Error && finalNames.has(error.name);
}

/** What a job's `error` says of what was thrown. */
export function describeError(error: unknown): NonNullable<JobRecord["error"]> {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), line: null };
  }
  const line = "line" in error && typeof error.line === "number"
    ? error.line
    : null;
  return { name: error.name, message: error.message, line };
}
