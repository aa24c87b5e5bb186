import { findTask } from "./define_task.ts";
import { createProgressGate } from "./_progress.ts";
import type { FromTaskThread, TaskTimes, ToTaskThread } from "./_protocol.ts";
import {
  type PackedValue,
  packValue,
  receiveValue,
  sendValue,
} from "./_values.ts";
import { fromWireReason, toWireError, type WireError } from "./_wire_error.ts";
import type { ThreadPort } from "./types.ts";

interface RunningTask {
  id: number;
  controller: AbortController;
}

/** Options of {@linkcode serveTasks}. */
export interface ServeTasksOptions {
  /**
   * CPU time of this thread so far, milliseconds; null where the host cannot
   * tell or the thread does other work as well.
   */
  cpuMs: () => number | null;
}

/** Runs the tasks that arrive at `port`, one at a time: a thread's main job. */
export function serveTasks(port: ThreadPort, options: ServeTasksOptions): void {
  let running: RunningTask | undefined;
  const post = (
    message: FromTaskThread,
    transfer?: (ArrayBuffer | MessagePort)[],
  ) => port.post(message, transfer);

  async function run(message: ToTaskThread & { type: "run" }): Promise<void> {
    const { id } = message;
    const controller = new AbortController();
    running = { id, controller };
    const startedAt = performance.now();
    const cpuAtStart = options.cpuMs();
    const { value: input, receivers } = receiveValue(message.input);
    const gate = createProgressGate((update) =>
      post({ type: "progress", id, update })
    );
    const windUp = (): TaskTimes => {
      gate.flush();
      // What the task left unread is of no use to anyone.
      for (const receiver of receivers) {
        receiver.cancel(new Error("The task ended without reading the stream"));
      }
      running = undefined;
      return timesSince(startedAt, cpuAtStart);
    };
    try {
      const task = await findTask(message.module, message.name);
      const output = await task.run(input, {
        signal: controller.signal,
        progress: gate.update,
      });
      gate.flush();
      const packed = packValue(output);
      if (packed.streams.length === 0) {
        const value = { value: packed.value, streams: [] };
        post({ type: "result", id, value, times: windUp() }, packed.transfer);
        return;
      }
      await sendStreams(id, packed, controller.signal);
      post({ type: "done", id, times: windUp() });
    } catch (error) {
      const wire = toWireError(error);
      post({ type: "error", id, error: wire, times: windUp() });
    }
  }

  async function sendStreams(
    id: number,
    packed: PackedValue,
    signal: AbortSignal,
  ): Promise<void> {
    const sent = sendValue(packed);
    try {
      post({ type: "result", id, value: sent.posted }, sent.transfer);
    } catch (error) {
      sent.discard();
      throw error;
    }
    const senders = sent.open();
    const cancel = () => {
      for (const sender of senders) sender.cancel(signal.reason);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel, { once: true });
    await Promise.all(senders.map((sender) => sender.done));
  }

  function timesSince(startedAt: number, cpuAtStart: number | null): TaskTimes {
    const cpu = options.cpuMs();
    return {
      wallMs: performance.now() - startedAt,
      cpuMs: cpu === null || cpuAtStart === null ? null : cpu - cpuAtStart,
    };
  }

  function abort(id: number, reason: WireError): void {
    if (running?.id === id) running.controller.abort(fromWireReason(reason));
  }

  port.onMessage((message) => {
    const data = message as ToTaskThread;
    if (data.type === "abort") abort(data.id, data.reason);
    else void run(data);
  });
}
