import { Worker } from "node:worker_threads";
import type {
  Executor,
  ExecutorThread,
  StartOptions,
  ThreadEnd,
} from "./executor.ts";
import { entryFile } from "./_entry.ts";
// Only what is imported is emitted when the toolkit is packed.
import type {} from "./_task_thread.ts";
import type {} from "./_thread_node.ts";
import { canSetNiceness, followWorker } from "./_worker_thread.ts";
import type { FromThread } from "./_thread_scope.ts";
import { webLocks } from "./_web_locks.ts";

/** How long a thread's last message may take after its exit. */
const LAST_WORDS_MS = 200;

/**
 * Threads of `node:worker_threads`, each holding a Web Lock: the one kind
 * that Deno 2.9 really kills and whose heap has a limit of its own. Without
 * Web Locks (Deno before 2.9) it works, but cannot kill.
 */
export function nodeExecutor(): Executor {
  const locks = webLocks() !== undefined;
  const niceness = canSetNiceness();
  return {
    capabilities: {
      kind: "node",
      threads: true,
      kill: locks,
      heapIsolation: locks,
      niceness,
      missing: [
        ...(locks
          ? [
            "A thread inside one native call (such as a key derivation or a sort) ends only when the call returns; it counts against the capacity until then",
            "The heap limit does not cover typed arrays and array buffers",
          ]
          : [
            "A busy thread cannot be stopped: this host has no Web Locks, which the kill rests on",
            "A thread out of heap ends the process: this host ignores resource limits of threads",
          ]),
        ...(niceness ? [] : [
          "Threads run at the loop's own priority: --allow-sys=setPriority is not granted",
        ]),
      ],
    },
    caps: { threadsPerClass: Infinity, bytesInFlight: Infinity },
    startTaskThread: (options) =>
      start(new URL("./_task_thread.ts", import.meta.url), options, locks),
    startThread: (entry, options) => start(entry, options, locks),
  };
}

function start(
  entry: URL,
  { name, niceness, maxHeapMb }: StartOptions,
  locks: boolean,
): ExecutorThread {
  const program = new URL("./_thread_node.ts", import.meta.url);
  const worker = new Worker(entryFile(program), {
    name,
    resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
  });
  // All messages but the first go through a channel of our own. Through the
  // worker itself a Uint8Array is walked element by element where it arrives
  // (2.9.6: 1 MiB held the receiver for 185 ms and more, through a port 0.5).
  // And a killed thread stuck in a native call has let go of its Web Lock at
  // once; the port that it holds closes when its isolate is really gone.
  const { port1: port, port2: canary } = new MessageChannel();
  const closed = new Promise<void>((resolve) =>
    port.addEventListener("close", () => resolve())
  );
  return followWorker(
    {
      post(message, transfer) {
        // deno-lint-ignore no-explicit-any -- node's and the web's MessagePort are one class here, two types
        if ("init" in message) worker.postMessage(message, transfer as any);
        else port.postMessage(message, transfer);
      },
      listen({ message, end }) {
        port.onmessage = ({ data }: MessageEvent<FromThread>) => message(data);
        worker.on("error", (error: Error & { code?: string }) =>
          end({
            reason: error.code === "ERR_WORKER_OUT_OF_MEMORY"
              ? "out_of_memory"
              : "failed",
            error,
          }));
        worker.on("exit", (code: number) => {
          const how: ThreadEnd = {
            reason: "exited",
            error: new Error(`The thread exited with code ${code}`),
          };
          // Why it ended, if it said so, is still on its way in the channel.
          let timer: ReturnType<typeof setTimeout> | undefined;
          const patience = new Promise<void>((resolve) => {
            timer = setTimeout(resolve, LAST_WORDS_MS);
          });
          void Promise.race([closed, patience]).then(() => {
            clearTimeout(timer);
            end(how);
          });
        });
      },
      terminate: () => void worker.terminate(),
      unref() {
        // Deno's ports have node's unref(), its types of them have not.
        (port as { unref?: () => void }).unref?.();
        worker.unref();
      },
      watch: async (_ready, ended) => {
        await (locks ? closed : ended);
        port.close();
      },
    },
    entryFile(entry).href,
    {
      niceness,
      lock: locks ? `loophound-thread-${crypto.randomUUID()}` : null,
      canary,
    },
  );
}
