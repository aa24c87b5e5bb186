// The thread that writes log lines: a slow pipe holds it and no one else.
import { openThreadPort } from "@loophound/toolkit/offload";
import type { FromSinkThread, ToSinkThread } from "./_writer.ts";

const port = openThreadPort();
const pause = new Int32Array(new SharedArrayBuffer(4));

function write(stream: "stdout" | "stderr", bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += Deno[stream].writeSync(bytes.subarray(at));
    } catch (error) {
      // Whoever made the pipe may have made it non-blocking: wait for room.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
}

port.onMessage((message) => {
  const { stream, bytes } = message as ToSinkThread;
  let ok = true;
  try {
    write(stream, bytes);
  } catch {
    // A closed pipe: its reader is gone, and there is no one to tell.
    ok = false;
  }
  port.post({ ok } satisfies FromSinkThread);
});
