import { createTurns } from "./_turns.ts";

type Chunk = Uint8Array<ArrayBuffer>;

/** Reads a whole stream into one piece of memory, letting the loop turn. */
export async function readAll(stream: ReadableStream<Chunk>): Promise<Chunk> {
  const chunks: Chunk[] = [];
  await eachChunk(stream, (chunk) => chunks.push(chunk));
  return await join(chunks);
}

/** Not `for await`, which gives the reader back at the cost of an error. */
async function eachChunk(
  stream: ReadableStream<Chunk>,
  take: (chunk: Chunk) => void,
): Promise<void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    take(value);
  }
}

async function join(chunks: readonly Chunk[]): Promise<Chunk> {
  const only = chunks[0];
  if (chunks.length === 1) return only!;
  const turn = createTurns();
  const all = new Uint8Array(
    chunks.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
    await turn();
  }
  return all;
}

/**
 * Reads a stream if it is small.
 *
 * @returns All its bytes, or, if there are more than `limit`, the stream as it
 * was and the number of bytes seen.
 */
export async function readSmall(
  stream: ReadableStream<Chunk>,
  limit: number,
): Promise<{ bytes: Chunk } | { stream: ReadableStream<Chunk>; seen: number }> {
  const reader = stream.getReader();
  const chunks: Chunk[] = [];
  let seen = 0;
  while (seen <= limit) {
    const { done, value } = await reader.read();
    if (done) return { bytes: await join(chunks) };
    chunks.push(value);
    seen += value.length;
  }
  return {
    seen,
    stream: new ReadableStream<Chunk>({
      async pull(controller) {
        const kept = chunks.shift();
        if (kept !== undefined) return controller.enqueue(kept);
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    }, { highWaterMark: 0 }),
  };
}

/** Reads a stream as text, chunk by chunk, so that no long one holds the loop. */
export async function readText(
  stream: ReadableStream<Chunk>,
  charset: string,
): Promise<string> {
  const decoder = new TextDecoder(charset);
  let text = "";
  await eachChunk(stream, (chunk) => {
    text += decoder.decode(chunk, { stream: true });
  });
  return text + decoder.decode();
}

/** The character set of a `Content-Type`; UTF-8 if it names none we know. */
export function charsetOf(contentType: string | null): string {
  const name = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType ?? "")?.[1];
  if (name === undefined) return "utf-8";
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return "utf-8";
  }
}
