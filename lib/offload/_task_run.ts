import type { ChannelReceiver, ChannelSender } from "./byte_channel.ts";
import { TaskDeadlineError, ThreadEndedError } from "./errors.ts";
import type { ExecutorThread, ThreadEnd } from "./executor.ts";
import type { FromTaskThread, TaskTimes, ToTaskThread } from "./_protocol.ts";
import {
  type PackedValue,
  type PostedValue,
  receiveValue,
  sendValue,
} from "./_values.ts";
import { fromWireError, toWireError } from "./_wire_error.ts";
import type { RunOptions, Task } from "./types.ts";

const maxTimerMs = 2 ** 31 - 1;
let lastId = 0;

/** How a run ended, for the figures. */
export interface RunOutcome {
  ok: boolean;
  times: TaskTimes | undefined;
}

/** What a run tells its class. */
export interface RunEvents {
  /** It was stopped while it waited: take it out of the queue. */
  dropped: () => void;
  /** It is over; its thread, if it still lives, is free. */
  over: (outcome: RunOutcome) => void;
}

/** One call of `run()`, from the queue to its end. */
export class TaskRun {
  readonly id = ++lastId;
  readonly submittedAt = performance.now();
  /** When it left the queue; undefined while it waits. */
  startedAt: number | undefined;
  readonly priority: number;
  /** What the caller gets. */
  readonly result: Promise<unknown>;
  /** Resolves, never rejects, when nothing of it is left. */
  readonly ended: Promise<void>;
  readonly task: Pick<Task<unknown, unknown>, "name" | "module">;
  readonly #packed: PackedValue;
  readonly #options: RunOptions;
  readonly #graceMs: number;
  readonly #events: RunEvents;
  readonly #settle: {
    resolve: (value: unknown) => void;
    reject: (error: unknown) => void;
  };
  #state: "waiting" | "running" | "over" = "waiting";
  #settled = false;
  #failed: { error: unknown } | undefined;
  #stopped: { error: unknown } | undefined;
  #thread: ExecutorThread | undefined;
  #senders: ChannelSender[] = [];
  #receivers: ChannelReceiver[] = [];
  readonly #end: () => void;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  readonly #onAbort = () => this.stop(this.#options.signal?.reason);

  constructor(
    task: Pick<Task<unknown, unknown>, "name" | "module">,
    packed: PackedValue,
    { graceMs, events, ...options }: RunOptions & {
      graceMs: number;
      events: RunEvents;
    },
  ) {
    this.task = task;
    this.#packed = packed;
    this.#options = options;
    this.#graceMs = graceMs;
    this.#events = events;
    this.priority = options.priority ?? 0;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.result = promise;
    this.#settle = { resolve, reject };
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.ended = ended;
    this.#end = end;
    options.signal?.addEventListener("abort", this.#onAbort, { once: true });
    const { deadlineMs = Infinity } = options;
    if (deadlineMs <= maxTimerMs) {
      this.#deadline = setTimeout(
        () => this.stop(new TaskDeadlineError(task.name, deadlineMs)),
        Math.max(0, deadlineMs),
      );
    }
  }

  /** Bytes that it has in flight while it runs. */
  get bytes(): number {
    return this.#packed.bytes;
  }

  /** Sends the task to `thread`. */
  start(thread: ExecutorThread): void {
    this.#state = "running";
    this.#thread = thread;
    let sent: ReturnType<typeof sendValue> | undefined;
    try {
      sent = sendValue(this.#packed);
      const { name, module } = this.task;
      thread.post(
        {
          type: "run",
          id: this.id,
          name,
          module,
          input: sent.posted,
        } satisfies ToTaskThread,
        sent.transfer,
      );
    } catch (error) {
      sent?.discard();
      this.#failed = { error };
      return this.#finish(undefined);
    }
    this.#senders = sent.open();
  }

  /** Takes what the thread posted. */
  receive(message: FromTaskThread): void {
    if (message.id !== this.id || this.#state !== "running") return;
    switch (message.type) {
      case "progress":
        return this.#onProgress(message.update);
      case "result":
        this.#onResult(message.value);
        if (message.times !== undefined) this.#finish(message.times);
        return;
      case "error":
        this.#failed = { error: fromWireError(message.error) };
        return this.#finish(message.times);
      case "done":
        return this.#finish(message.times);
    }
  }

  /** The thread is gone, or was given up. */
  threadEnded({ reason, error }: ThreadEnd): void {
    this.#failed = {
      error: new ThreadEndedError(this.task.name, reason, error),
    };
    this.#finish(undefined);
  }

  /**
   * Makes the run fail with `error`: first its signal is aborted, after the
   * grace its thread is killed.
   */
  stop(error: unknown): void {
    if (this.#state === "over" || this.#stopped !== undefined) return;
    this.#stopped = { error };
    if (this.#state === "waiting") {
      this.#events.dropped();
      for (const { stream } of this.#packed.streams) {
        if (!stream.locked) stream.cancel(error).catch(() => {});
      }
      return this.#finish(undefined);
    }
    for (const receiver of this.#receivers) receiver.fail(asError(error));
    this.#thread?.post(
      {
        type: "abort",
        id: this.id,
        reason: toWireError(error),
      } satisfies ToTaskThread,
    );
    this.#startGrace();
  }

  #startGrace(): void {
    this.#grace ??= setTimeout(() => {
      // If the loop itself was held, "done" may have arrived without having
      // been read: let messages in before a thread is killed for nothing.
      this.#grace = setTimeout(() => this.#thread?.kill(), 5);
    }, this.#graceMs);
  }

  #onProgress(update: unknown): void {
    try {
      this.#options.onProgress?.(update);
    } catch (error) {
      this.stop(error);
    }
  }

  #onResult(posted: PostedValue): void {
    const { value, receivers } = receiveValue(posted);
    if (this.#stopped !== undefined) {
      // Too late: nobody will read it.
      for (const receiver of receivers) receiver.cancel(this.#stopped.error);
      closePorts(value, 2);
      return;
    }
    this.#receivers = receivers;
    if (receivers.length > 0) {
      // When all is read or cancelled, the task has the grace to wind up.
      void Promise.all(receivers.map((receiver) => receiver.done)).then(() => {
        if (this.#state === "running") this.#startGrace();
      });
    }
    this.#settled = true;
    this.#settle.resolve(value);
  }

  #finish(times: TaskTimes | undefined): void {
    if (this.#state === "over") return;
    this.#state = "over";
    clearTimeout(this.#deadline);
    clearTimeout(this.#grace);
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
    const failure = this.#stopped ?? this.#failed;
    if (failure !== undefined) {
      for (const receiver of this.#receivers) {
        receiver.fail(asError(failure.error));
      }
    }
    for (const sender of this.#senders) {
      sender.cancel(failure?.error ?? new Error("The task has ended"));
    }
    if (!this.#settled) {
      if (failure !== undefined) this.#settle.reject(failure.error);
      else this.#settle.reject(new Error("The task ended without a result"));
    }
    this.#events.over({ ok: failure === undefined, times });
    this.#end();
  }
}

function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value));
}

function closePorts(value: unknown, depth: number): void {
  if (value instanceof MessagePort) value.close();
  else if (depth > 0 && typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) closePorts(inner, depth - 1);
  }
}
