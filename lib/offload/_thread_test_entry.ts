// The module of the threads in thread_test.ts.
import { getPriority } from "node:os";
import { openThreadPort } from "./mod.ts";

const port = openThreadPort();
await new Promise((resolve) => setTimeout(resolve, 20));
// Registered late on purpose: what was posted before must still arrive.
port.onMessage((message) => {
  if (message === "throw") throw new RangeError("thrown in the thread");
  if (message === "exit") Deno.exit(3);
  if (message === "priority") {
    let priority: number | null = null;
    try {
      priority = getPriority();
    } catch {
      // Not permitted.
    }
    port.post({ priority });
  } else if (message instanceof Uint8Array) {
    const bytes = message as Uint8Array<ArrayBuffer>;
    port.post(bytes, [bytes.buffer]);
  } else port.post({ echo: message });
});
