import { gunzip, type GunzipProgress } from "./_gunzip.ts";
import { checkStart, isGzip, SIGNATURE_BYTES } from "./_signature.ts";
import { type ByteSource, readSource } from "./_source.ts";
import { FormatError } from "./format_error.ts";

/** Options of {@linkcode openBytes}. */
export interface OpenBytesOptions {
  /** Aborting it ends the reading with its reason. */
  signal?: AbortSignal;
  /**
   * A compressed file may grow to this, bytes.
   *
   * @default {Infinity}
   */
  maxExpandedBytes?: number;
  /** Called with the bytes read so far, as they are on disk. */
  onRead?: (bytes: number) => void;
}

/**
 * Opens a file or stream as text bytes: decompresses gzip (also of several
 * members), takes a UTF-8 byte order mark away, and refuses what is no text
 * with an error that says what it is. Memory does not grow with the file, and
 * the file or stream is closed whatever happens.
 *
 * That the bytes are UTF-8 throughout is for the reader to check, as
 * {@linkcode checkRows} and {@linkcode parseRecords} do.
 *
 * @param source A path, a stream or an iterable of chunks.
 * @param options Limits, signal and progress.
 * @returns The chunks; nobody else uses them.
 * @throws {FormatError} The gzip is truncated or damaged, grows over the limit,
 *   or the content is UTF-16 or another format.
 * @throws {Deno.errors.NotFound} There is no such file.
 *
 * @example Usage
 * ```ts
 * import { openBytes } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const gzip = new Blob(["\uFEFFPKD1,3.5\n"]).stream()
 *   .pipeThrough(new CompressionStream("gzip"));
 * let text = "";
 * for await (const chunk of openBytes(gzip, { maxExpandedBytes: 1000 })) {
 *   text += new TextDecoder().decode(chunk);
 * }
 * assert.equal(text, "PKD1,3.5\n");
 * ```
 */
export async function* openBytes(
  source: ByteSource,
  options: OpenBytesOptions = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const { maxExpandedBytes = Infinity, onRead } = options;
  // Ending early must also end a read that waits for a stalled stream.
  const stop = new AbortController();
  const signal = options.signal === undefined
    ? stop.signal
    : AbortSignal.any([options.signal, stop.signal]);
  const raw = counted(readSource(source, signal), onRead);
  try {
    const [start, all] = await peek(raw);
    if (!isGzip(start)) {
      yield* plainText(all);
      return;
    }
    const progress: GunzipProgress = { compressed: 0, expanded: 0 };
    const expanded = gunzip(all, progress, () => stop.abort());
    yield* plainText(limited(expanded, progress, maxExpandedBytes));
  } finally {
    stop.abort();
    await raw.return();
  }
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onRead: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    onRead?.(bytes);
    // Shared memory could change under the checks.
    yield chunk.buffer instanceof ArrayBuffer
      ? chunk as Uint8Array<ArrayBuffer>
      : new Uint8Array(chunk);
  }
}

async function* limited(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  progress: GunzipProgress,
  limit: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  for await (const chunk of chunks) {
    if (progress.expanded > limit) {
      throw new FormatError(
        `Cannot decompress the gzip: ${progress.compressed} bytes of it grow over the limit of ${limit} bytes`,
      );
    }
    yield chunk;
  }
}

/** Checks how the text begins and takes a byte order mark away. */
async function* plainText(
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  const [start, all] = await peek(chunks);
  let skip = checkStart(start);
  for await (const chunk of all) {
    if (skip >= chunk.length) {
      skip -= chunk.length;
      continue;
    }
    yield skip === 0 ? chunk : chunk.subarray(skip);
    skip = 0;
  }
}

/** The first bytes, and all chunks with those still in front. */
async function peek(
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>,
): Promise<
  [Uint8Array, AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>]
> {
  const first: Uint8Array<ArrayBuffer>[] = [];
  const start: number[] = [];
  while (start.length < SIGNATURE_BYTES) {
    const { done, value } = await chunks.next();
    if (done) break;
    first.push(value);
    start.push(...value.subarray(0, SIGNATURE_BYTES - start.length));
  }
  async function* all(): AsyncGenerator<
    Uint8Array<ArrayBuffer>,
    void,
    void
  > {
    yield* first;
    yield* chunks;
  }
  return [Uint8Array.from(start), all()];
}
