import type { ExecutorThread, StartOptions, ThreadEnd } from "./executor.ts";
import type { FromThread, ToThread } from "./_thread_scope.ts";
import { fromWireError } from "./_wire_error.ts";
import type { Transferables } from "./types.ts";

let alive = 0;

/**
 * Threads started in this isolate, by pools and by `startThread()`, that are
 * not really gone yet. For tests: the sanitizers do not count threads.
 */
export function threadsAlive(): number {
  return alive;
}

/** What differs between kinds of workers. */
export interface WorkerTransport {
  post(message: ToThread, transfer: Transferables): void;
  /** `end` may be called several times; the first counts. */
  listen(on: {
    message: (message: FromThread) => void;
    end: (end: ThreadEnd) => void;
  }): void;
  terminate(): void;
  /** See {@linkcode ExecutorThread.unref}. */
  unref(): void;
  /** Resolves when the thread is really gone; called at the start. */
  watch(ready: Promise<void>, ended: Promise<ThreadEnd>): Promise<void>;
}

/** Starts `entry` in a worker and follows it to its end. */
export function followWorker(
  transport: WorkerTransport,
  entry: string,
  { niceness, lock, canary }: Pick<StartOptions, "niceness"> & {
    lock: string | null;
    canary: MessagePort | null;
  },
): ExecutorThread {
  alive++;
  let listener: ((message: unknown) => void) | undefined;
  const waiting: unknown[] = [];
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<
    ThreadEnd
  >();
  const { promise: ready, resolve: resolveReady } = Promise.withResolvers<
    void
  >();
  let over = false;
  const end = (how: ThreadEnd) => {
    if (over) return;
    over = true;
    resolveEnded(how);
  };
  const kill = (how: ThreadEnd) => {
    end(how);
    transport.terminate();
  };
  transport.listen({
    message(message) {
      if ("user" in message) {
        if (over) return;
        if (listener === undefined) waiting.push(message.user);
        else listener(message.user);
      } else if ("ready" in message) resolveReady();
      else {
        const { reason, error, code } = message.ending;
        kill({
          reason,
          ...(error !== undefined && { error: fromWireError(error) }),
          ...(code !== undefined &&
            { error: new Error(`The thread exited with code ${code}`) }),
        });
      }
    },
    end,
  });
  const gone = transport.watch(ready, ended).then(() => {
    alive--;
    end({ reason: "exited" });
  });
  transport.post(
    { init: { entry, lock, niceness, canary } },
    canary === null ? [] : [canary],
  );
  return {
    post(message, transfer = []) {
      if (!over) transport.post({ user: message }, transfer);
    },
    onMessage(next) {
      listener = next;
      for (const message of waiting.splice(0)) next(message);
    },
    ended,
    gone,
    kill: () => kill({ reason: "terminated" }),
    unref: () => transport.unref(),
  };
}

/** Niceness of a thread needs `setpriority` and the permission for it. */
export function canSetNiceness(): boolean {
  if (Deno.build.os === "windows") return false;
  try {
    return Deno.permissions.querySync({ name: "sys", kind: "setPriority" })
      .state === "granted";
  } catch {
    return false;
  }
}
