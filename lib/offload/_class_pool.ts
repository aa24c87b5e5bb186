import { PoolClosedError, PoolFullError } from "./errors.ts";
import type { Executor, ExecutorThread } from "./executor.ts";
import { ClassFigures } from "./_figures.ts";
import type { FromTaskThread } from "./_protocol.ts";
import { TaskRun } from "./_task_run.ts";
import { within } from "./_within.ts";
import { packValue } from "./_values.ts";
import type { PoolStats, RunOptions, Task, ThreadClass } from "./types.ts";

/** Bytes on the way between all classes and their threads. */
export interface ByteBudget {
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** What the classes of a pool share. */
export interface ClassContext {
  executor: Executor;
  graceMs: number;
  maxHeapMb: number;
  budget: ByteBudget;
}

interface Slot {
  thread: ExecutorThread;
  run: TaskRun | undefined;
}

/** The threads of one class and what waits for them. */
export class ClassPool {
  readonly name: string;
  readonly #config: Required<ThreadClass>;
  readonly #context: ClassContext;
  readonly #figures = new ClassFigures();
  readonly #slots = new Set<Slot>();
  readonly #zombies = new Set<ExecutorThread>();
  /** Highest priority first, then first come. */
  readonly #waiting: TaskRun[] = [];
  readonly #runs = new Set<TaskRun>();
  #closed = false;

  constructor(name: string, config: ThreadClass, context: ClassContext) {
    const { threads, niceness = 0, queue = 64 } = config;
    if (!Number.isInteger(threads) || threads < 1) {
      throw new RangeError(
        `Cannot make thread class "${name}": threads is ${threads}, not a whole number from 1`,
      );
    }
    if (!(queue >= 0)) {
      throw new RangeError(
        `Cannot make thread class "${name}": queue is ${queue}, not a number from 0`,
      );
    }
    this.name = name;
    this.#context = context;
    this.#config = {
      threads: Math.min(threads, context.executor.caps.threadsPerClass),
      niceness,
      queue,
    };
  }

  run(
    task: Task<unknown, unknown>,
    input: unknown,
    options: RunOptions,
  ): Promise<unknown> {
    if (this.#closed) throw new PoolClosedError(task.name);
    options.signal?.throwIfAborted();
    if (!this.#hasRoom()) {
      throw new PoolFullError(
        `Cannot run task "${task.name}": ${this.#waiting.length} tasks already wait for the threads of class "${this.name}"`,
        this.#retryAfterS(),
      );
    }
    const run = new TaskRun(task, packValue(input), {
      ...options,
      graceMs: this.#context.graceMs,
      events: {
        dropped: () => void this.#waiting.splice(this.#waiting.indexOf(run), 1),
        over: (outcome) => {
          this.#runs.delete(run);
          this.#figures.ended({
            ...outcome,
            runMs: run.startedAt === undefined
              ? undefined
              : performance.now() - run.startedAt,
          });
          if (run.startedAt === undefined) return;
          for (const slot of this.#slots) {
            if (slot.run === run) slot.run = undefined;
          }
          this.#context.budget.give(run.bytes);
          this.pump();
        },
      },
    });
    this.#runs.add(run);
    const before = this.#waiting.findLastIndex((other) =>
      other.priority >= run.priority
    );
    this.#waiting.splice(before + 1, 0, run);
    this.pump();
    return run.result;
  }

  /** Starts what can start. */
  pump(): void {
    while (!this.#closed) {
      const run = this.#waiting[0];
      if (run === undefined || !this.#canStart()) return;
      if (!this.#context.budget.take(run.bytes)) return;
      this.#waiting.shift();
      run.startedAt = performance.now();
      this.#figures.started(run.startedAt - run.submittedAt);
      this.#start(run);
    }
  }

  stats(): PoolStats {
    let concurrent = 0;
    for (const slot of this.#slots) if (slot.run !== undefined) concurrent++;
    return {
      name: this.name,
      concurrent,
      queue_depth: this.#waiting.length,
      ...this.#figures.read(),
      threads: this.#slots.size,
      zombies: this.#zombies.size,
    };
  }

  /**
   * Stops all runs, then all threads; resolves when they are gone, or did not
   * go within `waitMs`.
   */
  async close(waitMs: number): Promise<void> {
    this.#closed = true;
    const runs = [...this.#runs];
    for (const run of runs) run.stop(new PoolClosedError(run.task.name));
    await Promise.all(runs.map((run) => run.ended));
    const threads = [
      ...[...this.#slots].map((slot) => slot.thread),
      ...this.#zombies,
    ];
    for (const thread of threads) thread.kill();
    const gone = Promise.all(threads.map((thread) => thread.gone));
    if (!await within(gone, waitMs)) {
      for (const thread of threads) thread.unref();
    }
  }

  #canStart(): boolean {
    if (this.#slots.size + this.#zombies.size < this.#config.threads) {
      return true;
    }
    for (const slot of this.#slots) if (slot.run === undefined) return true;
    return false;
  }

  /** A task may be taken if it can start now or the queue has room. */
  #hasRoom(): boolean {
    return this.#waiting.length < this.#config.queue ||
      (this.#waiting.length === 0 && this.#canStart());
  }

  #retryAfterS(): number {
    const rounds = (this.#waiting.length + 1) / this.#config.threads;
    const seconds = Math.ceil(rounds * this.#figures.typicalRunMs() / 1000);
    return Math.max(1, Math.min(60, seconds));
  }

  #start(run: TaskRun): void {
    let slot: Slot | undefined;
    for (const other of this.#slots) {
      if (other.run === undefined) {
        slot = other;
        break;
      }
    }
    try {
      slot ??= this.#startThread();
    } catch (error) {
      // The worker itself could not be made.
      run.threadEnded({
        reason: "failed",
        error: error instanceof Error ? error : new Error(String(error)),
      });
      return;
    }
    slot.run = run;
    run.start(slot.thread);
  }

  #startThread(): Slot {
    const thread = this.#context.executor.startTaskThread({
      name: this.name,
      niceness: this.#config.niceness,
      maxHeapMb: this.#context.maxHeapMb,
    });
    const slot: Slot = { thread, run: undefined };
    let gone = false;
    this.#slots.add(slot);
    thread.onMessage((message) => slot.run?.receive(message as FromTaskThread));
    void thread.ended.then((end) => {
      this.#slots.delete(slot);
      if (!gone) this.#zombies.add(thread);
      slot.run?.threadEnded(end);
    });
    void thread.gone.then(() => {
      gone = true;
      this.#zombies.delete(thread);
      this.pump();
    });
    return slot;
  }
}
