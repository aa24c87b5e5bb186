import type { CopyStreamQuery } from "pg-copy-streams";

/**
 * Feeds a COPY stream by hand rather than by `pipeline`: that one destroys the
 * stream when the server refuses a row, upon which pg-copy-streams 7 sends to
 * a connection that it has let go of.
 *
 * @returns The number of rows that the server says it took.
 * @throws What the server said, or what the source of chunks threw. The
 * connection can be used again in both cases, if it lives.
 */
export async function feedCopy(
  stream: CopyStreamQuery,
  chunks: AsyncIterable<Uint8Array>,
): Promise<number> {
  let refusal: Error | undefined;
  let interrupt: ((error: Error) => void) | undefined;
  stream.on("error", (error: Error) => {
    refusal ??= error;
    interrupt?.(error);
  });
  // Not `Promise.race` with one promise for the whole COPY: that one would
  // keep every race, and with it every chunk, until the end.
  const unlessRefused = <T>(promise: Promise<T>): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (refusal !== undefined) return reject(refusal);
      interrupt = reject;
      promise.then(resolve, reject);
    });
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  const source = chunks[Symbol.asyncIterator]();
  try {
    while (true) {
      // The source may take long to answer: a refusal ends the wait.
      const next = await unlessRefused(source.next());
      if (next.done) break;
      await unlessRefused(written(stream, next.value));
    }
    await unlessRefused(ended(stream));
    return stream.rowCount;
  } catch (error) {
    if (refusal === undefined) {
      // The source failed: CopyFail is sent, and the server's answer to it
      // waited for.
      stream.destroy(error instanceof Error ? error : new Error(String(error)));
      await closed;
    }
    // Not awaited: a generator that is still waiting would not return before
    // what it waits for comes.
    Promise.resolve(source.return?.()).catch(() => {});
    throw error;
  }
}

function written(stream: CopyStreamQuery, chunk: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(chunk, (error) => error ? reject(error) : resolve());
  });
}

function ended(stream: CopyStreamQuery): Promise<void> {
  return new Promise((resolve) => {
    stream.end(() => resolve());
  });
}
