import type { Executor, ExecutorThread, StartOptions } from "./executor.ts";
import { entryFile } from "./_entry.ts";
// Only what is imported is emitted when the toolkit is packed.
import type {} from "./_task_thread.ts";
import type {} from "./_thread_web.ts";
import { canSetNiceness, followWorker } from "./_worker_thread.ts";
import type { FromThread } from "./_thread_scope.ts";
import { webLocks } from "./_web_locks.ts";

/**
 * Milliseconds after which a terminated thread counts as gone where nothing
 * tells: Deno 2.5.6 and 2.6.8 stop a busy one about 2 s after `terminate()`.
 */
const goneAfterMs = 3_000;
/** Milliseconds that a thread gets to close itself there. */
const closeMs = 100;

/** Threads of the Web Worker API: everywhere, but not to be killed. */
export function webExecutor(): Executor {
  const locks = webLocks() !== undefined;
  const kill = !locks && killsByVersion(Deno.version.deno);
  const niceness = canSetNiceness();
  return {
    capabilities: {
      kind: "web",
      threads: true,
      kill,
      heapIsolation: false,
      niceness,
      missing: [
        ...(kill
          ? [
            "A busy thread is stopped only about 2 s after its deadline or abort",
          ]
          : [
            "A busy thread cannot be stopped: terminate() waits for it to return to its loop, and so does the end of the process; it counts against the capacity until then",
          ]),
        "A thread out of heap ends the process",
        ...(niceness ? [] : [
          "Threads run at the loop's own priority: --allow-sys=setPriority is not granted",
        ]),
      ],
    },
    caps: { threadsPerClass: Infinity, bytesInFlight: Infinity },
    startTaskThread: (options) =>
      start(new URL("./_task_thread.ts", import.meta.url), options, {
        locks,
        kill,
      }),
    startThread: (entry, options) => start(entry, options, { locks, kill }),
  };
}

// Up to 2.6 terminate() stops a busy thread; nothing but the version tells.
function killsByVersion(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major === 2 && minor < 7;
}

function start(
  entry: URL,
  { name, niceness }: StartOptions,
  { locks, kill }: { locks: boolean; kill: boolean },
): ExecutorThread {
  const program = new URL("./_thread_web.ts", import.meta.url);
  const worker = new Worker(entryFile(program), { type: "module", name });
  const lock = locks ? `loophound-thread-${crypto.randomUUID()}` : null;
  let terminated = false;
  let closed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { promise: closes, resolve: resolveClosed } = Promise.withResolvers<
    void
  >();
  const close = () => {
    closed = true;
    clearTimeout(timer);
    resolveClosed();
  };
  return followWorker(
    {
      post: (message, transfer) => worker.postMessage(message, transfer),
      listen({ message, end }) {
        worker.onmessage = ({ data }: MessageEvent<FromThread>) => {
          if ("ending" in data) close();
          message(data);
        };
        worker.onerror = (event) => {
          // Otherwise the error ends this process too.
          event.preventDefault();
          end({ reason: "failed", error: new Error(event.message) });
          worker.terminate();
          close();
        };
      },
      terminate() {
        if (terminated) return;
        terminated = true;
        if (lock !== null || closed) return worker.terminate();
        // Nothing tells when it is gone: ask it to say so first.
        worker.postMessage({ close: true });
        timer = setTimeout(() => {
          // Where terminate() cannot stop it, its own word is all there is,
          // and terminate() would cut that off.
          if (!kill) return;
          worker.terminate();
          timer = setTimeout(close, goneAfterMs);
        }, closeMs);
      },
      // A process with a busy Web Worker does not end by itself anyway.
      unref() {},
      watch: async (ready, ended) => {
        if (lock === null) return closes;
        await Promise.race([ready, ended]);
        // The thread holds the lock from before it was ready; who ended
        // without ever being ready never got it.
        await webLocks()?.request(lock, () => {});
      },
    },
    entryFile(entry).href,
    { niceness, lock, canary: null },
  );
}
