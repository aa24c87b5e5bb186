import type { LimitStats } from "@loophound/toolkit/limits";

/** What can be posted between threads without a copy being made. */
export type Transferables = (ArrayBuffer | MessagePort)[];

/** Which thread backend runs tasks. */
export type ThreadKind = "node" | "web" | "inline";

/**
 * What a backend can do on this host, found by probing at start-up. Shown at
 * `/api/ops/runtime`.
 */
export interface ThreadCapabilities {
  /** The backend in use. */
  readonly kind: ThreadKind;
  /** Tasks run on threads of their own. */
  readonly threads: boolean;
  /** A busy thread (`for(;;){}`) can be ended and its core freed. */
  readonly kill: boolean;
  /** A thread that runs out of heap ends alone; the process goes on. */
  readonly heapIsolation: boolean;
  /** A thread's scheduling priority can be lowered on its own. */
  readonly niceness: boolean;
  /** In plain words, what this backend cannot do and why. */
  readonly missing: readonly string[];
}

/** What a running task is given besides its input. */
export interface TaskContext {
  /**
   * Aborted when the caller aborts or the deadline passes. A task that does
   * not stop by itself within the pool's grace is ended with its thread.
   */
  readonly signal: AbortSignal;
  /**
   * Reports progress to the caller's `onProgress`; small plain objects only.
   * Up to 32 at once and 100 a second pass; of those in between the newest is
   * kept and reported a little later, so that a tight loop never floods the
   * caller's loop.
   */
  progress(update: unknown): void;
}

/**
 * A named function that runs in a thread. Input and output are bytes
 * (`Uint8Array`, moved, not copied), byte streams
 * (`ReadableStream<Uint8Array>`, bridged with backpressure), `MessagePort`s
 * (moved) or small plain objects. Bytes, streams and ports are found when
 * they are the value itself or a property of it, at most two levels deep.
 * The chunks of a stream are moved too: its source makes a new one each time.
 */
export interface Task<I, O> {
  /** Unique in the module that defines the task. */
  readonly name: string;
  /** `import.meta.url` of the module that defines the task. */
  readonly module: string;
  /** The class of threads it runs on. */
  readonly threadClass: string;
  /** The function itself; call it directly only in tests. */
  readonly run: (input: I, context: TaskContext) => O | Promise<O>;
}

/** Options of {@linkcode ThreadPool.run}. */
export interface RunOptions {
  /**
   * Aborting it frees the thread: at once if the task heeds its own signal,
   * else after the pool's grace. The promise is rejected with the signal's
   * reason when the task has ended; a stream that was already answered fails
   * with it.
   */
  signal?: AbortSignal;
  /**
   * Milliseconds after which the task fails with {@linkcode TaskDeadlineError};
   * waiting in the queue counts, and so does reading the streams of the
   * output.
   *
   * @default {Infinity}
   */
  deadlineMs?: number;
  /**
   * Higher runs first among what waits in the same class.
   *
   * @default {0}
   */
  priority?: number;
  /** Called on the loop with each progress update of the task. */
  onProgress?: (update: unknown) => void;
}

/** How many threads a class has, and how they are scheduled. */
export interface ThreadClass {
  /** Threads reserved for the class. They are started when first needed. */
  threads: number;
  /**
   * How much its threads give way to the loop: 0 (not at all) to 19, the
   * operating system's niceness of each thread. Ignored where the host cannot.
   *
   * @default {0}
   */
  niceness?: number;
  /**
   * Tasks that may wait; one more is refused with {@linkcode PoolFullError}.
   *
   * @default {64}
   */
  queue?: number;
}

/** Figures of one class of threads, as `/api/ops/pools` shows them. */
export interface PoolStats extends
  Pick<
    LimitStats,
    | "name"
    | "concurrent"
    | "queue_depth"
    | "completed"
    | "failed"
    | "throughput_per_s"
    | "wait_ms"
    | "run_ms"
  > {
  /** Threads alive; idle and busy. */
  readonly threads: number;
  /** Threads told to end that have not ended; they count against capacity. */
  readonly zombies: number;
  /**
   * Share (0–1) of the time its tasks ran in which their thread was parked
   * (waiting, not computing), or null before the first task has ended.
   */
  readonly parked_share: number | null;
}

/** Runs tasks on threads. Made by `createThreadPool`. */
export interface ThreadPool extends AsyncDisposable {
  /** What the backend in use can and cannot do. */
  readonly capabilities: ThreadCapabilities;
  /**
   * Runs a task in a thread of its class. When the output holds a stream, the
   * promise settles as soon as the task returns, and the thread stays taken
   * until the stream has been read, cancelled or has failed.
   *
   * @throws {PoolFullError} The class's queue is full.
   * @throws {TaskDeadlineError} The deadline passed.
   * @throws {ThreadEndedError} The thread exited or ran out of heap.
   * @throws {PoolClosedError} The pool was closed.
   * @throws What the task threw, as an `Error` with the same name and message.
   */
  run<I, O>(task: Task<I, O>, input: I, options?: RunOptions): Promise<O>;
  /** One row a class. */
  stats(): PoolStats[];
  /** Refuses new tasks, aborts the running ones and ends the threads. */
  close(): Promise<void>;
}

/** Options of `startThread`. */
export interface StartThreadOptions {
  /** For reports. */
  name: string;
  /** @default {"auto"} */
  kind?: "auto" | "node" | "web";
  /** See {@linkcode ThreadClass.niceness}. @default {0} */
  niceness?: number;
  /** Limit of the JavaScript heap in MB, where the backend has one. */
  maxHeapMb?: number;
}

/** One long-lived thread with a module of its own, outside any pool. */
export interface ThreadHandle extends AsyncDisposable {
  readonly name: string;
  readonly kind: "node" | "web";
  post(message: unknown, transfer?: Transferables): void;
  onMessage(listener: (message: unknown) => void): Disposable;
  /** Resolves, never rejects, when the thread is gone, however it ended. */
  readonly ended: Promise<{
    reason: "terminated" | "exited" | "failed" | "out_of_memory";
    error?: Error;
  }>;
  /** Ends it at once, where the backend can. */
  terminate(): Promise<void>;
  /**
   * Lets the process end although the thread runs; a thread of kind `web`
   * keeps it alive all the same.
   */
  unref(): void;
}

/** A thread's side of a {@linkcode ThreadHandle}: from `openThreadPort()`. */
export interface ThreadPort {
  post(message: unknown, transfer?: Transferables): void;
  /** Register before the first `await` of the module. */
  onMessage(listener: (message: unknown) => void): void;
}
