// What a thread of the "node" backend runs first.
import { parentPort } from "node:worker_threads";
import process from "node:process";
import { runThread, type ToThread } from "./_thread_scope.ts";

if (parentPort === null) {
  throw new ReferenceError("Cannot run a thread: this is the main thread");
}
const parent = parentPort;

const exit = process.exit.bind(process);

/** Everything after the first message: see executor_node.ts. */
let channel: MessagePort | undefined;

runThread({
  post(message, transfer = []) {
    if (channel !== undefined) channel.postMessage(message, transfer);
    // deno-lint-ignore no-explicit-any -- node's and the web's MessagePort are one class here, two types
    else parent.postMessage(message, transfer as any);
  },
  onMessage: (listener) =>
    void parent.on("message", (message: ToThread) => {
      if ("init" in message && message.init.canary !== null) {
        channel = message.init.canary;
        channel.onmessage = ({ data }: MessageEvent<ToThread>) =>
          listener(data);
      }
      listener(message);
    }),
  exit: () => exit(1),
  heapIsolation: true,
});
