import type { Task, TaskContext } from "./types.ts";

/** What {@linkcode defineTask} takes. */
export interface TaskDefinition<I, O> {
  /** Unique in the module that defines the task. */
  name: string;
  /** `import.meta.url` of the module that defines the task. */
  module: string;
  /**
   * The class of threads it runs on.
   *
   * @default {"short"}
   */
  threadClass?: string;
  /** The function itself. */
  run: (input: I, context: TaskContext) => O | Promise<O>;
}

// One registry an isolate: a thread imports the task's module and finds the
// task here.
const registry = new Map<string, Task<unknown, unknown>>();

function keyOf(module: string, name: string): string {
  return `${module}#${name}`;
}

/**
 * Makes a task of a function. Define it at the top level of a module: the
 * thread imports that module and finds the task by its name, so the module
 * must be importable without side effects.
 *
 * @returns The task, to be given to {@linkcode ThreadPool.run}.
 * @throws {TypeError} The name is empty, already taken in that module, or the
 * module is not a URL.
 *
 * @example
 * ```ts
 * import { defineTask } from "@loophound/toolkit/offload";
 *
 * export const countLines = defineTask({
 *   name: "countLines",
 *   module: import.meta.url,
 *   run: (bytes: Uint8Array) => bytes.filter((byte) => byte === 10).length,
 * });
 * ```
 */
export function defineTask<I, O>(
  definition: TaskDefinition<I, O>,
): Task<I, O> {
  const { name, module, threadClass = "short", run } = definition;
  if (name === "") {
    throw new TypeError("Cannot define a task: its name is empty");
  }
  if (!URL.canParse(module)) {
    throw new TypeError(
      `Cannot define task "${name}": its module "${module}" is not a URL`,
    );
  }
  const key = keyOf(module, name);
  if (registry.has(key)) {
    throw new TypeError(
      `Cannot define task "${name}": ${module} already defines one of that name`,
    );
  }
  const task: Task<I, O> = Object.freeze({ name, module, threadClass, run });
  registry.set(key, task as Task<unknown, unknown>);
  return task;
}

/**
 * Imports a task's module and finds the task in it: what a thread does.
 *
 * @throws {ReferenceError} The module defines no task of that name.
 */
export async function findTask(
  module: string,
  name: string,
): Promise<Task<unknown, unknown>> {
  const key = keyOf(module, name);
  const known = registry.get(key);
  if (known !== undefined) return known;
  await import(module);
  const task = registry.get(key);
  if (task === undefined) {
    throw new ReferenceError(
      `Cannot find task "${name}": importing ${module} did not define it at its top level`,
    );
  }
  return task;
}
