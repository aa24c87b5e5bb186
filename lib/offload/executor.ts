import type { ThreadEndReason } from "./errors.ts";
import { inlineExecutor } from "./executor_inline.ts";
import { nodeExecutor } from "./executor_node.ts";
import { webExecutor } from "./executor_web.ts";
import type { ThreadCapabilities, ThreadKind, Transferables } from "./types.ts";
import { webLocks } from "./_web_locks.ts";

/** How to start a thread. */
export interface StartOptions {
  name: string;
  niceness: number;
  maxHeapMb: number;
}

/** How a thread ended, and what ended it. */
export interface ThreadEnd {
  reason: ThreadEndReason;
  error?: Error;
}

/** One thread of a backend, seen from who started it. */
export interface ExecutorThread {
  /** @throws {DOMException} The message cannot be cloned. */
  post(message: unknown, transfer?: Transferables): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Resolves when no more messages will come. */
  readonly ended: Promise<ThreadEnd>;
  /** Resolves when it uses no core and no memory any more. */
  readonly gone: Promise<void>;
  /** Ends it, as far as the backend can. */
  kill(): void;
  /** Lets the process end without waiting for it, where the backend can. */
  unref(): void;
}

/** One backend. */
export interface Executor {
  readonly capabilities: ThreadCapabilities;
  /**
   * What the backend allows a pool to do.
   *
   * @default {Infinity} each
   */
  readonly caps: { threadsPerClass: number; bytesInFlight: number };
  /** Starts a thread that runs tasks. */
  startTaskThread(options: StartOptions): ExecutorThread;
  /** Starts a thread that runs `entry`; undefined where there are no threads. */
  startThread?(entry: URL, options: StartOptions): ExecutorThread;
}

/**
 * The backend that `auto` means here: `node` where a busy thread can be killed,
 * `web` where there are Web Workers, else `inline`.
 *
 * A thread of `node:worker_threads` dies at `terminate()` only if it holds a
 * Web Lock (pinned by executor_facts_test.ts), so the presence of Web Locks,
 * which came in Deno 2.9, tells. Trying it would burn a core for good on the
 * hosts where it fails.
 */
export function autoKind(): ThreadKind {
  if (typeof Worker === "undefined") return "inline";
  return webLocks() === undefined ? "web" : "node";
}

/** @throws {Error} The host has no threads of the kind that was asked for. */
export function chooseExecutor(kind: "auto" | ThreadKind): Executor {
  const chosen = kind === "auto" ? autoKind() : kind;
  if (chosen === "inline") return inlineExecutor();
  if (typeof Worker === "undefined") {
    throw new Error(
      `Cannot start threads of kind "${chosen}": this host has no workers`,
    );
  }
  return chosen === "node" ? nodeExecutor() : webExecutor();
}
