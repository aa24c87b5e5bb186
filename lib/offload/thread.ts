import { autoKind, chooseExecutor } from "./executor.ts";
import { within } from "./_within.ts";
import type { StartThreadOptions, ThreadHandle } from "./types.ts";

/** Heap of a thread in MB, where the backend has a limit. */
export const maxHeapMbDefault = 1024;
/** Milliseconds that `terminate()` waits for a thread that does not end. */
const terminateMs = 1_000;

/**
 * Starts a long-lived thread that runs a module of its own, outside any pool.
 * The module opens its side with `openThreadPort()`. Messages posted at once
 * reach it: they wait until it listens.
 *
 * @param entry The module, as in `new URL("./x.ts", import.meta.url)`.
 * @returns The thread's handle; who starts it ends it (`await using`).
 * @throws {Error} The host has no threads.
 *
 * @example
 * ```ts
 * import { startThread } from "@loophound/toolkit/offload";
 *
 * export async function ask(entry: URL, question: string): Promise<unknown> {
 *   await using thread = startThread(entry, { name: "oracle" });
 *   return await new Promise((resolve) => {
 *     thread.onMessage(resolve);
 *     thread.post(question);
 *   });
 * }
 * ```
 */
export function startThread(
  entry: URL,
  options: StartThreadOptions,
): ThreadHandle {
  const { name, niceness = 0, maxHeapMb = maxHeapMbDefault } = options;
  const asked = options.kind ?? "auto";
  const kind = asked === "auto" ? autoKind() : asked;
  const executor = chooseExecutor(kind);
  if (kind === "inline" || executor.startThread === undefined) {
    throw new Error(`Cannot start thread "${name}": this host has no workers`);
  }
  const thread = executor.startThread(entry, { name, niceness, maxHeapMb });
  const listeners = new Set<(message: unknown) => void>();
  // Messages wait for the first listener; later gaps are the owner's choice.
  let waiting: unknown[] | undefined = [];
  thread.onMessage((message) => {
    waiting?.push(message);
    for (const listener of listeners) listener(message);
  });
  const terminate = async () => {
    thread.kill();
    if (!await within(thread.gone, terminateMs)) thread.unref();
  };
  return {
    name,
    kind,
    post: (message, transfer) => thread.post(message, transfer),
    onMessage(listener) {
      listeners.add(listener);
      const early = waiting ?? [];
      waiting = undefined;
      for (const message of early) listener(message);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    // Whoever awaits it may start a successor that needs what this one held.
    ended: thread.gone.then(() => thread.ended),
    terminate,
    unref: () => thread.unref(),
    [Symbol.asyncDispose]: terminate,
  };
}
