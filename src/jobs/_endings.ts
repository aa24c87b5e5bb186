import { isOver } from "./_sql.ts";
import type { JobRecord } from "./types.ts";

/** Tells those who wait for a job that it has ended. */
export interface Endings {
  /** The job has ended, here or in another server. */
  announce(id: string): void;
  wait(id: string, signal?: AbortSignal): Promise<JobRecord>;
  close(): void;
}

/**
 * @param options.get Reads a job; asked again every `pollMs`, should an end
 * not have been announced.
 */
export function endings(options: {
  get: (id: string) => Promise<JobRecord | undefined>;
  pollMs: number;
}): Endings {
  const waiting = new Map<string, Set<() => void>>();
  const closed = Promise.withResolvers<never>();
  closed.promise.catch(() => {});

  return {
    announce(id) {
      for (const wake of waiting.get(id) ?? []) wake();
    },
    async wait(id, signal) {
      for (;;) {
        signal?.throwIfAborted();
        const woken = Promise.withResolvers<void>();
        const abort = () => woken.reject(signal?.reason);
        // Listening comes before reading: an end in between is not missed.
        const listeners = waiting.get(id) ?? new Set();
        waiting.set(id, listeners.add(woken.resolve));
        signal?.addEventListener("abort", abort);
        woken.promise.catch(() => {});
        let timer: ReturnType<typeof setTimeout> | undefined;
        try {
          const record = await options.get(id);
          if (record === undefined) {
            throw new Error(`Cannot wait for job "${id}": there is none`);
          }
          if (isOver(record.state)) return record;
          timer = setTimeout(woken.resolve, options.pollMs);
          await Promise.race([woken.promise, closed.promise]);
        } finally {
          clearTimeout(timer);
          signal?.removeEventListener("abort", abort);
          listeners.delete(woken.resolve);
          if (listeners.size === 0) waiting.delete(id);
        }
      }
    },
    close() {
      closed.reject(
        new Error("Cannot wait for the job: the server is closing"),
      );
    },
  };
}
