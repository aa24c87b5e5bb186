import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";

Deno.test("a thread that exits says so once", async () => {
  const worker = new Worker(
    fileURLToPath(new URL("./_thread_node.ts", import.meta.url)),
  );
  const { port1, port2: canary } = new MessageChannel();
  const messages: unknown[] = [];
  port1.onmessage = ({ data }) => messages.push(data);
  const closed = new Promise((resolve) =>
    port1.addEventListener("close", resolve)
  );
  worker.postMessage({
    init: {
      entry: "data:text/javascript,Deno.exit(3)",
      lock: null,
      niceness: 0,
      canary,
    },
    // deno-lint-ignore no-explicit-any -- node's and the web's MessagePort are one class here, two types
  }, [canary as any]);
  await closed;
  port1.close();
  await worker.terminate();
  assert.deepEqual(messages, [
    { ready: true },
    { ending: { reason: "exited", code: 3 } },
  ]);
});
