/** Where a watchdog's lines go. */
export type WatchdogStream = "stdout" | "stderr";

/** Milliseconds until a stream that takes nothing now is tried again. */
const RETRY_MS = 20;

/**
 * Writes lines without ever waiting for the reader: a full pipe must not keep
 * the watchdog from its work. (In a thread of Deno 2.9.6 and 2.5.6 a write to
 * a full pipe waits in the runtime's own threads: timers of the thread went
 * on, and the process could be ended.)
 */
export class WatchdogWriter {
  readonly #stream: WatchdogStream;
  #writing: Promise<void> | null = null;
  /** Lines that found the stream still busy with an earlier one. */
  dropped = 0;

  constructor(stream: WatchdogStream) {
    this.#stream = stream;
  }

  /** @returns Resolves, never rejects, when the line is out or lost. */
  async write(line: string): Promise<void> {
    if (this.#writing !== null) {
      this.dropped++;
      return;
    }
    this.#writing = this.#writeAll(new TextEncoder().encode(line));
    try {
      await this.#writing;
    } catch {
      // A closed pipe: its reader is gone, and there is no one to tell.
    } finally {
      this.#writing = null;
    }
  }

  async #writeAll(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      try {
        at += await Deno[this.#stream].write(bytes.subarray(at));
      } catch (error) {
        // Whoever made the pipe may have made it non-blocking.
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }
}
