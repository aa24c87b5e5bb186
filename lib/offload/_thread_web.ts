// What a thread of the "web" backend runs first.
import { type FromThread, runThread, type ToThread } from "./_thread_scope.ts";

interface WorkerScope {
  onmessage: ((event: MessageEvent<ToThread>) => void) | null;
  postMessage(message: FromThread, transfer?: Transferable[]): void;
  close(): void;
}

const scope = globalThis as unknown as WorkerScope;

runThread({
  post: (message, transfer = []) => scope.postMessage(message, transfer),
  onMessage(listener) {
    scope.onmessage = ({ data }) => listener(data);
  },
  exit: scope.close.bind(globalThis),
  heapIsolation: false,
});
