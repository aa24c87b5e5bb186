/** Updates that may be posted at once. */
const burst = 32;
/** Milliseconds in which one more is allowed. */
const refillMs = 10;

/** Posts progress without ever flooding the loop. */
export interface ProgressGate {
  /** @throws {DOMException} The value cannot be cloned, where it is posted at once. */
  update(value: unknown): void;
  /** Posts what was held back and stops. */
  flush(): void;
}

/**
 * A task in a tight loop can report a million times a second; each message
 * would cost the caller's loop some microseconds. So updates pass in bursts of
 * 32 and then 100 a second; of those in between the newest is kept and posted
 * when there is room again, at the latest when the task ends.
 */
export function createProgressGate(
  post: (value: unknown) => void,
): ProgressGate {
  let tokens = burst;
  let refilled = performance.now();
  let held: { value: unknown } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const release = () => {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    if (held === undefined) return;
    const { value } = held;
    held = undefined;
    post(value);
  };
  // Nobody is there to catch it later: what cannot be posted is dropped.
  const releaseQuietly = () => {
    try {
      release();
    } catch {
      held = undefined;
    }
  };
  return {
    update(value) {
      const now = performance.now();
      const grown = Math.floor((now - refilled) / refillMs);
      if (grown > 0) {
        tokens = Math.min(burst, tokens + grown);
        refilled += grown * refillMs;
      }
      held = { value };
      if (tokens > 0) {
        tokens--;
        release();
      } else timer ??= setTimeout(releaseQuietly, refillMs);
    },
    flush: releaseQuietly,
  };
}
