/** A body that can be broken off. */
export interface CutBody {
  stream: ReadableStream<Uint8Array>;
  /** Breaks it off: who reads it gets the reason, who makes it is cancelled. */
  cut(reason: unknown): void;
}

/**
 * Passes a body on, until it is cut.
 *
 * @param body What the handler answers.
 * @param onEnd Called once when it has ended, failed or been given up.
 */
export function cutBody(
  body: ReadableStream<Uint8Array>,
  onEnd: () => void,
): CutBody {
  const reader = body.getReader();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({
    start(own) {
      controller = own;
    },
    async pull() {
      let next: ReadableStreamReadResult<Uint8Array>;
      try {
        next = await reader.read();
      } catch (error) {
        onEnd();
        controller.error(error);
        return;
      }
      if (!next.done) return controller.enqueue(next.value);
      onEnd();
      try {
        controller.close();
      } catch {
        // It was cut meanwhile.
      }
    },
    cancel(reason) {
      onEnd();
      return reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
  return {
    stream,
    cut(reason) {
      controller.error(reason);
      // Whoever makes the body may fail to stop: nobody is left to be told.
      reader.cancel(reason).catch(() => {});
    },
  };
}
