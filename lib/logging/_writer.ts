import { startThread } from "@loophound/toolkit/offload";
// Only what is imported is emitted when the toolkit is packed.
import type {} from "./_sink_thread.ts";

/** Where log lines go. */
export type LogStream = "stdout" | "stderr";

export interface ToSinkThread {
  stream: LogStream;
  bytes: Uint8Array<ArrayBuffer>;
}
export interface FromSinkThread {
  ok: boolean;
}

/** Writes batches in order without ever holding the loop. */
export interface Writer {
  /** `onWritten` is told once a batch, in order, whether it was written. */
  write(bytes: Uint8Array<ArrayBuffer>): void;
  close(): Promise<void>;
}

interface WriterOptions {
  stream: LogStream;
  onWritten: (ok: boolean) => void;
}

/**
 * Writes in a thread of its own.
 *
 * @param onLost Called when the thread ended by itself; nothing is written
 * from then on.
 */
export function openThreadWriter(
  { stream, onWritten, kind, onLost }: WriterOptions & {
    kind: "auto" | "node" | "web";
    onLost: () => void;
  },
): Writer {
  const thread = startThread(new URL("./_sink_thread.ts", import.meta.url), {
    name: "log sink",
    kind,
    maxHeapMb: 64,
  });
  let closing = false;
  thread.onMessage((message) => onWritten((message as FromSinkThread).ok));
  void thread.ended.then(() => {
    if (!closing) onLost();
  });
  return {
    write(bytes) {
      thread.post(
        { stream, bytes } satisfies ToSinkThread,
        [bytes.buffer],
      );
    },
    async close() {
      closing = true;
      await thread.terminate();
    },
  };
}

/** Writes asynchronously from the loop: for hosts without threads. */
export function openAsyncWriter({ stream, onWritten }: WriterOptions): Writer {
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  let writing = false;
  let closed = false;
  const drain = async () => {
    writing = true;
    for (;;) {
      const bytes = waiting.shift();
      if (bytes === undefined || closed) break;
      let ok = true;
      try {
        for (let at = 0; at < bytes.length;) {
          at += await Deno[stream].write(bytes.subarray(at));
        }
      } catch {
        ok = false;
      }
      onWritten(ok);
    }
    writing = false;
  };
  return {
    write(bytes) {
      waiting.push(bytes);
      if (!writing) void drain();
    },
    close() {
      closed = true;
      return Promise.resolve();
    },
  };
}
