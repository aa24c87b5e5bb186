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
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  let refused = false;
  stream.on("error", (error: Error) => {
    refused = true;
    reject(error);
  });
  const closed = new Promise<void>((resolve) => stream.once("close", resolve));
  const source = chunks[Symbol.asyncIterator]();
  try {
    while (true) {
      // The source may take long to answer: a refusal ends the wait.
      const next = await Promise.race([source.next(), failed]);
      if (next.done) break;
      await Promise.race([written(stream, next.value), failed]);
    }
    await Promise.race([ended(stream), failed]);
    return stream.rowCount;
  } catch (error) {
    if (!refused) {
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
