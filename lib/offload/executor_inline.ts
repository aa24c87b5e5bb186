import type { Executor, ExecutorThread, ThreadEnd } from "./executor.ts";
import { serveTasks } from "./_serve_tasks.ts";
import type { FromTaskThread, TaskTimes, ToTaskThread } from "./_protocol.ts";

/**
 * No threads: tasks run on the caller's loop. For hosts without workers; what
 * computes there holds the loop, so the caps are small.
 */
export function inlineExecutor(): Executor {
  return {
    capabilities: {
      kind: "inline",
      threads: false,
      kill: false,
      heapIsolation: false,
      niceness: false,
      missing: [
        "Tasks run on the loop itself: what computes there stalls every request",
        "A task that ignores its signal cannot be stopped; it counts against the capacity until it returns",
        "A task that exits or runs out of heap ends the process",
        "No more than 2 tasks a class and 32 MiB in all are in flight",
      ],
    },
    caps: { threadsPerClass: 2, bytesInFlight: 32 * 2 ** 20 },
    startTaskThread: () => start(),
  };
}

/** The same messages through the same kind of port as a thread would see. */
function start(): ExecutorThread {
  const { port1, port2 } = new MessageChannel();
  const { promise: ended, resolve: resolveEnded } = Promise.withResolvers<
    ThreadEnd
  >();
  const { promise: gone, resolve: resolveGone } = Promise.withResolvers<
    void
  >();
  let killed = false;
  let busy = false;

  const close = () => {
    port1.close();
    port2.close();
    resolveGone();
  };
  serveTasks({
    post(message, transfer = []) {
      const isDone =
        (message as Extract<FromTaskThread, { times?: TaskTimes }>).times !==
          undefined;
      if (isDone) busy = false;
      if (!killed) return port2.postMessage(message, transfer);
      // No one will take the ends of its streams.
      for (const item of transfer) {
        if (item instanceof MessagePort) item.close();
      }
      if (isDone) close();
    },
    onMessage(listener) {
      port2.onmessage = ({ data }) => {
        if ((data as ToTaskThread).type === "run") busy = true;
        listener(data);
      };
    },
  }, { cpuMs: () => null });
  return {
    post(message, transfer = []) {
      if (!killed) port1.postMessage(message, transfer);
    },
    onMessage(listener) {
      port1.onmessage = ({ data }) => listener(data);
    },
    ended,
    gone,
    unref() {},
    kill() {
      if (killed) return;
      killed = true;
      resolveEnded({ reason: "terminated" });
      if (!busy) close();
    },
  };
}
