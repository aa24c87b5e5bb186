import { abortableDelay } from "./_abortable.ts";
import type { LockOptions } from "./types.ts";

const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 200;

/**
 * Tries until the lock is taken. Asking again and again, rather than waiting
 * in the server, keeps the connection free to be told to stop.
 */
export async function pollLock(
  tryLock: () => Promise<boolean>,
  options: LockOptions,
): Promise<void> {
  let wait = FIRST_WAIT_MS;
  while (true) {
    options.signal?.throwIfAborted();
    if (await tryLock()) return;
    await abortableDelay(wait, options.signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}
