/** What the tests of this folder share. */

/** The bytes of a text, or bytes as they are. */
export function bytesOf(text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof text === "string"
    ? new TextEncoder().encode(text)
    : new Uint8Array(text);
}

/** Cuts bytes into chunks whose sizes go round in `sizes`. */
export async function* chunked(
  content: string | Uint8Array,
  sizes: readonly number[] = [Infinity],
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const bytes = bytesOf(content);
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    await Promise.resolve();
    yield bytes.slice(at, at + size);
    at += size;
  }
}

/** All items of an async iterable. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** All bytes of chunks in one piece. */
export async function joined(
  chunks: AsyncIterable<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await new Blob((await collect(chunks)) as BlobPart[]).arrayBuffer(),
  );
}
