import { ClassPool } from "./_class_pool.ts";
import { PoolClosedError } from "./errors.ts";
import { chooseExecutor } from "./executor.ts";
import { maxHeapMbDefault } from "./thread.ts";
import type {
  RunOptions,
  Task,
  ThreadClass,
  ThreadKind,
  ThreadPool,
} from "./types.ts";

/** Options of {@linkcode createThreadPool}. */
export interface ThreadPoolOptions {
  /** Classes of threads by name; each has threads of its own. */
  classes: Record<string, ThreadClass>;
  /** @default {"auto"} */
  kind?: "auto" | ThreadKind;
  /**
   * Milliseconds that an aborted task has to stop by itself before its thread
   * is ended.
   *
   * @default {100}
   */
  graceMs?: number;
  /**
   * Bytes of all running tasks' inputs, with 1 MiB for each stream. What would
   * exceed it waits in the queue; alone, a larger task still runs.
   *
   * @default {256 MiB}
   */
  maxBytesInFlight?: number;
  /**
   * Heap of each thread in MB, where the backend has a limit.
   *
   * @default {1024}
   */
  maxHeapMb?: number;
}

/** Inputs below it are not counted: a load must not hold up short work. */
const freeBytes = 64 * 1024;
/** Milliseconds that `close()` waits for threads that do not end. */
const closeMs = 1_000;

/**
 * Makes a pool of threads. Threads are started when first needed and reused.
 *
 * @returns The pool; who makes it closes it (`await using`).
 * @throws {Error} The host has no threads of the kind asked for.
 * @throws {RangeError} A class has no threads or a negative queue.
 *
 * @example
 * ```ts
 * import { createThreadPool, defineTask } from "@loophound/toolkit/offload";
 *
 * const sum = defineTask({
 *   name: "sum",
 *   module: import.meta.url,
 *   run: (numbers: number[]) => numbers.reduce((a, b) => a + b, 0),
 * });
 *
 * // A thread imports this module too: only the program itself starts a pool.
 * if (import.meta.main) {
 *   await using pool = await createThreadPool({
 *     classes: { short: { threads: 1 } },
 *   });
 *   console.log(await pool.run(sum, [1, 2, 3], { deadlineMs: 1_000 }));
 * }
 * ```
 */
// deno-lint-ignore require-await -- probing may have to wait on hosts to come
export async function createThreadPool(
  options: ThreadPoolOptions,
): Promise<ThreadPool> {
  const {
    kind = "auto",
    graceMs = 100,
    maxHeapMb = maxHeapMbDefault,
  } = options;
  const executor = chooseExecutor(kind);
  const maxBytes = Math.min(
    options.maxBytesInFlight ?? 256 * 2 ** 20,
    executor.caps.bytesInFlight,
  );
  let bytes = 0;
  const classes = new Map<string, ClassPool>();
  const context = {
    executor,
    graceMs,
    maxHeapMb,
    budget: {
      take(wanted: number) {
        if (wanted <= freeBytes) return true;
        if (bytes > 0 && bytes + wanted > maxBytes) return false;
        bytes += wanted;
        return true;
      },
      give(taken: number) {
        if (taken <= freeBytes) return;
        bytes -= taken;
        for (const pool of classes.values()) pool.pump();
      },
    },
  };
  for (const [name, config] of Object.entries(options.classes)) {
    classes.set(name, new ClassPool(name, config, context));
  }

  let closing: Promise<void> | undefined;
  const close = () =>
    closing ??= Promise.all(
      [...classes.values()].map((pool) => pool.close(closeMs)),
    ).then(() => {});
  return {
    capabilities: executor.capabilities,
    // deno-lint-ignore require-await -- what run() throws becomes a rejection
    async run<I, O>(
      task: Task<I, O>,
      input: I,
      options: RunOptions = {},
    ): Promise<O> {
      if (closing !== undefined) throw new PoolClosedError(task.name);
      const pool = classes.get(task.threadClass);
      if (pool === undefined) {
        throw new TypeError(
          `Cannot run task "${task.name}": the pool has no class "${task.threadClass}"`,
        );
      }
      const result = pool.run(
        task as unknown as Task<unknown, unknown>,
        input,
        options,
      );
      return result as Promise<O>;
    },
    stats: () => [...classes.values()].map((pool) => pool.stats()),
    close,
    [Symbol.asyncDispose]: close,
  };
}
