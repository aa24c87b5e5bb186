import type { PostedValue } from "./_values.ts";
import type { WireError } from "./_wire_error.ts";

/** What the pool posts to a thread that runs tasks. */
export type ToTaskThread =
  | {
    type: "run";
    id: number;
    module: string;
    name: string;
    input: PostedValue;
  }
  | { type: "abort"; id: number; reason: WireError };

/** CPU and wall time of one task in its thread. */
export interface TaskTimes {
  /** Null where the host cannot tell. */
  cpuMs: number | null;
  wallMs: number;
}

/**
 * What a thread that runs tasks posts to the pool. With `times` nothing of the
 * task is left and the thread is free.
 */
export type FromTaskThread =
  | { type: "progress"; id: number; update: unknown }
  /** Without `times` its streams are still on the way, and "done" follows. */
  | { type: "result"; id: number; value: PostedValue; times?: TaskTimes }
  | { type: "error"; id: number; error: WireError; times: TaskTimes }
  | { type: "done"; id: number; times: TaskTimes };
