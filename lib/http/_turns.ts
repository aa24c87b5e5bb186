import { setImmediate } from "node:timers";

/**
 * Milliseconds of work in one stretch. A source that always has a next chunk
 * never leaves the microtasks: 200 kB of gzip that grow to 200 MB held the
 * loop for 180 ms.
 */
const STRETCH_MS = 2;

/** Lets the loop turn when a stretch has lasted long. Call it between chunks. */
export function createTurns(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < STRETCH_MS) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        since = performance.now();
        resolve();
      })
    );
  };
}
