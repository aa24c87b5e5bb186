// The worker of _facts_program.ts.
import { getHeapStatistics } from "node:v8";
import { parentPort, workerData } from "node:worker_threads";
import { webLocks } from "./_web_locks.ts";

interface Orders {
  ticks: Int32Array<SharedArrayBuffer>;
  mode: string;
}

function spin({ ticks }: Orders): never {
  for (;;) Atomics.add(ticks, 0, 1);
}

function exhaustHeap(): never {
  const all: unknown[] = [];
  for (;;) all.push({ index: all.length });
}

function obey(orders: Orders): void {
  switch (orders.mode) {
    case "spin with lock":
      webLocks()?.request("held", () => {
        setTimeout(() => spin(orders));
        return new Promise(() => {});
      });
      break;
    case "spin without lock":
    case "web spin":
      setTimeout(() => spin(orders));
      break;
    case "heap in a continuation": {
      const limit = getHeapStatistics().heap_size_limit;
      setInterval(() => {
        if (getHeapStatistics().heap_size_limit > limit) {
          parentPort?.postMessage("lives on with a raised limit");
        }
      }, 50);
      setTimeout(() => Promise.resolve().then(exhaustHeap));
      break;
    }
    default:
      setTimeout(exhaustHeap);
  }
}

if (workerData?.mode !== undefined) obey(workerData);
else {
  Object.assign(globalThis, {
    onmessage: (event: MessageEvent<Orders>) => obey(event.data),
  });
}
