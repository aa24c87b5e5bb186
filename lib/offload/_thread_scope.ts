import { setPriority } from "node:os";
import process from "node:process";
import { getHeapStatistics } from "node:v8";
import type { ThreadEndReason } from "./errors.ts";
import { toWireError, type WireError } from "./_wire_error.ts";
import type { ThreadPort, Transferables } from "./types.ts";
import { webLocks } from "./_web_locks.ts";

/** What a thread is told before anything else. */
export interface ThreadInit {
  /** Module to run. */
  entry: string;
  /** Web Lock to hold while alive; null where the host has none. */
  lock: string | null;
  niceness: number;
  /** Its other end closes when the thread is really gone. */
  canary: MessagePort | null;
}

/** What is posted to a thread. */
export type ToThread =
  | { init: ThreadInit }
  | { user: unknown }
  | { close: true };

/** Milliseconds after which a thread that no one ends does so itself. */
const unheardMs = 2_000;

/** Why a thread ends, as it says itself. */
interface Ending {
  reason: ThreadEndReason;
  error?: WireError;
  code?: number;
}

/** What a thread posts. */
export type FromThread =
  | { ready: true }
  | { user: unknown }
  | { ending: Ending };

/** How a thread of one backend talks and ends. */
export interface ThreadTransport {
  post(message: FromThread, transfer?: Transferables): void;
  onMessage(listener: (message: ToThread) => void): void;
  /** Ends the thread. */
  exit(): void;
  /** The end of the heap ends only this thread; else it ends the process. */
  heapIsolation: boolean;
}

// Under a global symbol, not in a variable: were this module loaded twice in a
// thread, both would still see the one port.
const portKey = Symbol.for("loophound.threadPort");
type Scope = { [portKey]?: ThreadPort };

/**
 * A thread's port to who started it. Messages posted before the first
 * `onMessage` wait for it.
 *
 * @throws {ReferenceError} The calling code does not run in such a thread.
 *
 * @example
 * ```ts ignore
 * const port = openThreadPort();
 * port.onMessage((message) => port.post({ echo: message }));
 * ```
 */
export function openThreadPort(): ThreadPort {
  const port = (globalThis as Scope)[portKey];
  if (port === undefined) {
    throw new ReferenceError(
      "Cannot open the thread port: this is not a thread made by startThread()",
    );
  }
  return port;
}

function makePort(transport: ThreadTransport) {
  let listener: ((message: unknown) => void) | undefined;
  const waiting: unknown[] = [];
  const port: ThreadPort = {
    post: (message, transfer) => transport.post({ user: message }, transfer),
    onMessage(next) {
      listener = next;
      for (const message of waiting.splice(0)) next(message);
    },
  };
  const deliver = (message: unknown) => {
    if (listener === undefined) waiting.push(message);
    else listener(message);
  };
  return { port, deliver };
}

/**
 * Out of heap, V8 stops what runs and raises the limit once to let it unwind.
 * In a promise's continuation nothing tells the loop of it (Deno 2.9.6): the
 * task would hang for ever. The raised limit gives it away.
 */
function watchHeap(onEnd: () => void): void {
  const limit = getHeapStatistics().heap_size_limit;
  setInterval(() => {
    if (getHeapStatistics().heap_size_limit > limit) onEnd();
  }, 200);
}

/**
 * A worker that closes itself tells no one (a Web Worker never, a node worker
 * not before Deno 2.9): make it say so first.
 *
 * @returns Puts back what was there. To be called before the thread really
 * exits: `process.exit` calls `Deno.exit`, which would announce it again, and
 * again.
 */
function announceExits(announce: (code: number) => void): () => void {
  const exits = ([
    [globalThis, "close"],
    [Deno, "exit"],
    [process, "exit"],
  ] as const).map(([holder, name]) => ({
    holder,
    name,
    real: (holder as Record<string, unknown>)[name],
  }));
  const put = (value: (it: typeof exits[number]) => unknown) => {
    for (const it of exits) {
      Object.defineProperty(it.holder, it.name, {
        configurable: true,
        writable: true,
        value: value(it),
      });
    }
  };
  put(() => (code?: unknown) =>
    announce(Number(code ?? process.exitCode ?? 0))
  );
  return () => put(({ real }) => real);
}

/** Holds `lock` until the thread is gone. */
async function holdLock(lock: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    webLocks()?.request(lock, () => {
      resolve();
      return new Promise(() => {});
    }).catch(reject);
  });
}

/** Runs the thread: waits for its orders, then runs the entry module. */
export function runThread(transport: ThreadTransport): void {
  const { port, deliver } = makePort(transport);
  let canary: MessagePort | null = null;

  let ending = false;
  const leave = () => {
    restoreExits();
    transport.exit();
  };
  const tell = (how: Ending) => {
    ending = true;
    transport.post({ ending: how });
  };
  const restoreExits = announceExits((code) => {
    tell({ reason: "exited", code });
    leave();
  });
  /**
   * Who hears why it ends also ends the thread. It must not do so itself: in
   * the middle of being ended, what is under way fails with `null`, and a
   * thread that then calls `process.exit` stays for ever (2.9.6, on a busy
   * machine one of fifty that were ended as they started).
   */
  const end = (reason: ThreadEndReason, error?: unknown) => {
    if (ending) return;
    tell(
      error === undefined ? { reason } : { reason, error: toWireError(error) },
    );
    setTimeout(leave, unheardMs);
  };
  // Told by the thread itself, an error keeps its stack; and Deno prints what
  // reaches its own handler to stderr.
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    end("failed", event.error ?? new Error(event.message));
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    end("failed", event.reason);
  });

  async function start(init: ThreadInit): Promise<void> {
    // A port that is dropped closes: the canary must live as long as we do.
    canary = init.canary;
    // Before any foreign code: only a thread that holds a lock can be killed.
    if (init.lock !== null) await holdLock(init.lock);
    if (init.niceness > 0) {
      try {
        setPriority(init.niceness);
      } catch {
        // Without --allow-sys threads run at the loop's own priority.
      }
    }
    if (transport.heapIsolation) watchHeap(() => end("out_of_memory"));
    (globalThis as Scope)[portKey] = port;
    transport.post({ ready: true });
    await import(init.entry);
  }

  transport.onMessage((message) => {
    if ("user" in message) deliver(message.user);
    else if ("init" in message) {
      start(message.init).catch((error) => end("failed", error));
    } else {
      canary?.close();
      end("terminated");
    }
  });
}
