import { createHook } from "node:async_hooks";

/**
 * Calls back around callbacks of timers and `process.nextTick`, in the context
 * in which they were set: promise hooks do not see them. On Deno 2.9.6 these
 * are all that async hooks fire for (`setImmediate` without its context); with
 * no `init` hook a timer costs 1 µs more, and an await nothing.
 *
 * @returns What stops it, or null where the host has no async hooks.
 */
export function hookCallbacks(
  before: () => void,
  after: () => void,
): (() => void) | null {
  try {
    const hook = createHook({ before, after }).enable();
    return () => void hook.disable();
  } catch {
    return null;
  }
}
