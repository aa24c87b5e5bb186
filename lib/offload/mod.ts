/**
 * Work off the loop: named tasks on reserved threads, with deadlines that free
 * the core, byte streams with backpressure and bounded queues.
 *
 * ```ts
 * import { createThreadPool, defineTask } from "@loophound/toolkit/offload";
 *
 * export const countZeros = defineTask({
 *   name: "countZeros",
 *   module: import.meta.url,
 *   run: (bytes: Uint8Array) => bytes.filter((byte) => byte === 0).length,
 * });
 *
 * // A thread imports this module too: only the program itself starts a pool.
 * if (import.meta.main) {
 *   await using pool = await createThreadPool({
 *     classes: { short: { threads: 2, niceness: 5 } },
 *   });
 *   const zeros = await pool.run(countZeros, new Uint8Array(1_000_000), {
 *     deadlineMs: 2_000,
 *   });
 *   console.log(zeros);
 * }
 * ```
 *
 * Three backends run tasks; `auto` takes the first that the host has:
 *
 * | kind | what | a busy thread | out of heap |
 * |---|---|---|---|
 * | `node` | `node:worker_threads` holding a Web Lock (Deno 2.9) | is killed | fails its task only |
 * | `web` | Web Workers | cannot be stopped (Deno 2.7 and later) | ends the process |
 * | `inline` | the caller's loop | cannot be stopped | ends the process |
 *
 * @module
 */
export { defineTask, type TaskDefinition } from "./define_task.ts";
export {
  PoolClosedError,
  PoolFullError,
  TaskDeadlineError,
  ThreadEndedError,
  type ThreadEndReason,
} from "./errors.ts";
export { createThreadPool, type ThreadPoolOptions } from "./pool.ts";
export { startThread } from "./thread.ts";
export { openThreadPort } from "./_thread_scope.ts";
export { threadsAlive } from "./_worker_thread.ts";
export type * from "./types.ts";
