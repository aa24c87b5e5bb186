// A program of its own for facts whose proof spoils the process: what it
// leaves behind ends with Deno.exit(). Prints one line of JSON.
import { Worker as NodeWorker } from "node:worker_threads";

const [fact] = Deno.args;
const entry = new URL("./_facts_worker.ts", import.meta.url);
const ticks = new Int32Array(new SharedArrayBuffer(4));
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function say(value: unknown): never {
  console.log(JSON.stringify(value));
  Deno.exit(0);
}

/** Does the counter still grow? */
async function spins(): Promise<boolean> {
  const before = Atomics.load(ticks, 0);
  await sleep(100);
  return Atomics.load(ticks, 0) !== before;
}

async function untilSpinning(): Promise<void> {
  while (Atomics.load(ticks, 0) === 0) await sleep(5);
}

const workerData = { ticks, mode: fact };
switch (fact) {
  case "spin with lock":
  case "spin without lock": {
    const worker = new NodeWorker(entry, { workerData });
    await untilSpinning();
    await worker.terminate();
    await sleep(50);
    say({ spinsAfterTerminate: await spins() });
    break;
  }
  case "web spin": {
    const worker = new Worker(entry, { type: "module" });
    worker.postMessage(workerData);
    await untilSpinning();
    worker.terminate();
    await sleep(50);
    say({ spinsAfterTerminate: await spins() });
    break;
  }
  case "heap": {
    const worker = new NodeWorker(entry, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    worker.on(
      "error",
      (error) => say({ code: Reflect.get(Object(error), "code") }),
    );
    break;
  }
  case "heap in a continuation": {
    const worker = new NodeWorker(entry, {
      workerData,
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    worker.on(
      "error",
      (error) => say({ code: Reflect.get(Object(error), "code") }),
    );
    worker.on("message", (message) => say({ message }));
    break;
  }
  case "heap without limits":
    new NodeWorker(entry, { workerData });
    break;
  case "web heap": {
    const worker = new Worker(entry, { type: "module" });
    worker.onerror = (event) => event.preventDefault();
    worker.postMessage(workerData);
  }
}
await sleep(20_000);
say("nothing happened");
