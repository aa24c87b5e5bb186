import { startThread } from "@loophound/toolkit/offload";
import { fromPlainError } from "./errors.ts";
import type { ControlMessage, ControlReply } from "./_pglite_protocol.ts";

/** The embedded engine at work, in a thread or, where there are none, here. */
export interface RunningHost {
  readonly version: string;
  /** Resolves when it is gone without having been closed; says why. */
  readonly ended: Promise<string>;
  attach(client: number, port: MessagePort): void;
  release(client: number): void;
  /** Closes the database in order. */
  close(): Promise<void>;
  /** Ends the thread as it is. */
  kill(): Promise<void>;
}

/** Options of {@linkcode startHost}. */
export interface StartHostOptions {
  folder: string;
  turns: Int32Array;
  sessionMs: number;
  kind: "auto" | "node" | "web" | "inline";
  onGone(client: number): void;
}

/** Milliseconds that a clean close may take before the thread is ended. */
const closeMs = 10_000;

/** Opens the embedded engine. */
export function startHost(options: StartHostOptions): Promise<RunningHost> {
  return options.kind === "inline"
    ? startHere(options)
    : startInThread(options, options.kind);
}

async function startHere(options: StartHostOptions): Promise<RunningHost> {
  // Only here: whoever has threads, or a server, need not load the engine.
  const { openPgliteHost } = await import("./_pglite_host.ts");
  const host = await openPgliteHost(options);
  return {
    version: host.version,
    ended: new Promise(() => {}),
    attach: (client, port) => host.attach(client, port),
    release: (client) => host.release(client),
    close: () => host.close(),
    kill: () => host.close(),
  };
}

async function startInThread(
  options: StartHostOptions,
  kind: "auto" | "node" | "web",
): Promise<RunningHost> {
  const thread = startThread(new URL("./pglite_host.ts", import.meta.url), {
    name: "pglite",
    kind,
    // Lookups wait for this thread: it must not give way to loads.
    niceness: 0,
  });
  const opened = Promise.withResolvers<string>();
  const closed = Promise.withResolvers<void>();
  closed.promise.catch(() => {});
  const post = (
    message: ControlMessage,
    transfer: MessagePort[] = [],
  ): void => thread.post(message, transfer);
  thread.onMessage((message) => {
    const reply = message as ControlReply;
    switch (reply.op) {
      case "opened":
        opened.resolve(reply.version);
        break;
      case "closed":
        closed.resolve();
        break;
      case "gone":
        options.onGone(reply.client);
        break;
      case "failed": {
        const error = fromPlainError(reply.error);
        opened.reject(error);
        closed.reject(error);
      }
    }
  });
  const ended = thread.ended.then(({ reason, error }) => {
    const why = error === undefined ? reason : `${reason}: ${error.message}`;
    const gone = new Error(`The thread of the embedded database ended: ${why}`);
    opened.reject(gone);
    closed.reject(gone);
    return why;
  });
  const { folder, turns, sessionMs } = options;
  post({ op: "open", folder, turns, sessionMs });
  let version: string;
  try {
    version = await opened.promise;
  } catch (error) {
    await thread.terminate();
    throw error;
  }
  return {
    version,
    ended,
    attach: (client, port) => post({ op: "client", client, port }, [port]),
    release: (client) => post({ op: "release", client }),
    async close() {
      const timer = setTimeout(
        () =>
          closed.reject(
            new Error(
              `Cannot close the embedded database: it did not end in ${closeMs} ms`,
            ),
          ),
        closeMs,
      );
      try {
        post({ op: "close" });
        await closed.promise;
      } finally {
        clearTimeout(timer);
        await thread.terminate();
      }
    },
    kill: () => thread.terminate(),
  };
}
