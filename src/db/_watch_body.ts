/**
 * The same stream, with a word when it is over.
 *
 * @param onDone Called once: `cancelled` when the reader went away, else
 * when the stream has ended or failed.
 */
export function watchBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  onDone: (how: "ended" | "failed" | "cancelled") => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          onDone("ended");
          controller.close();
        } else controller.enqueue(value);
      } catch (error) {
        onDone("failed");
        controller.error(error);
      }
    },
    async cancel(reason) {
      onDone("cancelled");
      await reader.cancel(reason);
    },
  }, { highWaterMark: 0 });
}
