import { DeadlineError } from "@loophound/toolkit/limits";

/** A class's queue is full: the task was refused at once. */
export class PoolFullError extends Error {
  override readonly name = "PoolFullError";
  /** Seconds after which trying again makes sense, at least 1. */
  readonly retryAfterS: number;

  constructor(message: string, retryAfterS: number) {
    super(message);
    this.retryAfterS = retryAfterS;
  }
}

/** The task's deadline passed while it waited or ran. */
export class TaskDeadlineError extends DeadlineError {
  constructor(task: string, deadlineMs: number) {
    super(`task ${task}`, deadlineMs);
  }
}

/** How a thread ended. */
export type ThreadEndReason =
  | "terminated"
  | "exited"
  | "failed"
  | "out_of_memory";

/** The thread ended before its task did. */
export class ThreadEndedError extends Error {
  override readonly name = "ThreadEndedError";
  readonly reason: ThreadEndReason;

  constructor(task: string, reason: ThreadEndReason, cause?: Error) {
    const why = {
      terminated: "its thread was terminated",
      exited: "its thread exited",
      failed: "its thread failed",
      out_of_memory: "its thread ran out of heap",
    }[reason];
    super(
      `Cannot finish task "${task}": ${why}${
        cause === undefined ? "" : ` (${cause.message})`
      }`,
      cause === undefined ? undefined : { cause },
    );
    this.reason = reason;
  }
}

/** The pool is closed: the task was refused, dropped or aborted. */
export class PoolClosedError extends Error {
  override readonly name = "PoolClosedError";

  constructor(task: string) {
    super(`Cannot run task "${task}": the thread pool is closed`);
  }
}
