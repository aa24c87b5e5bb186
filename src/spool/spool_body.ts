import type { ThreadPool } from "@loophound/toolkit/offload";
import { join } from "node:path";
import { ProblemError } from "../errors.ts";
import { appendBytes, sealFile } from "./spool_task.ts";
import { uploadSuffix } from "./upload_suffix.ts";

/** A body, taken in whole. */
export interface SpooledBody {
  path: string;
  bytes: number;
  /** SHA-256 in hexadecimal. */
  sha256: string;
}

/** Options of {@linkcode spoolBody}. */
export interface SpoolOptions {
  /** Has threads of the class `spool`; one serves many uploads. */
  pool: ThreadPool;
  /** Folder for the file. */
  dir: string;
  /** More bytes are refused. */
  maxBytes: number;
  /**
   * What the request says of its length: too long is refused before anything
   * is read. It is not believed otherwise.
   *
   * @default {undefined}
   */
  declaredBytes?: number | undefined;
  /** Aborting it ends the upload and leaves no file. */
  signal?: AbortSignal | undefined;
  /**
   * A body of which nothing arrives for so long is given up, milliseconds.
   *
   * @default {60_000}
   */
  idleMs?: number;
}

/** What goes to the thread at once, bytes. */
const batchBytes = 2 ** 20;

function tooLarge(maxBytes: number): ProblemError {
  return new ProblemError("body-too-large", {
    detail:
      `Cannot take the body in: it is over the limit of ${maxBytes} bytes (MAX_BODY_MB)`,
  });
}

/** Reads one chunk, unless none comes in time. */
async function readChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  idleMs: number,
): Promise<Uint8Array | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const idle = new Promise<never>((_, reject) => {
    timer = setTimeout(() =>
      reject(
        new ProblemError("bad-request", {
          detail:
            `Cannot take the body in: nothing has arrived for ${idleMs} ms`,
        }),
      ), idleMs);
  });
  try {
    const { value } = await Promise.race([reader.read(), idle]);
    return value;
  } catch (cause) {
    if (cause instanceof ProblemError) throw cause;
    throw new ProblemError("bad-request", {
      detail: `Cannot take the body in: it broke off (${
        cause instanceof Error ? cause.message : String(cause)
      })`,
      cause,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function removeFile(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Sends bytes to the end of a file, in batches. */
function batchWriter(path: string, { pool, signal }: SpoolOptions) {
  const runOptions = signal === undefined ? {} : { signal };
  let batch: Uint8Array<ArrayBuffer> | undefined;
  let filled = 0;
  let written = 0;
  // While a thread writes one batch, the next is filled: two are held at most.
  let writing: Promise<void> = Promise.resolve();
  const flush = async () => {
    await writing;
    if (batch === undefined) return;
    const bytes = filled === batchBytes
      ? batch.buffer
      : batch.buffer.slice(0, filled);
    const offset = written;
    written += filled;
    batch = undefined;
    filled = 0;
    writing = pool.run(appendBytes, { path, offset, bytes }, runOptions);
    // It is awaited later, or not at all when the body fails first.
    writing.catch(() => {});
  };
  return {
    async write(chunk: Uint8Array) {
      // Copied, not moved: a client may send a million chunks of one byte, and
      // copying 1 MiB takes 0.1 ms.
      for (let rest = chunk; rest.byteLength > 0;) {
        batch ??= new Uint8Array(batchBytes);
        const part = rest.subarray(0, batchBytes - filled);
        batch.set(part, filled);
        filled += part.byteLength;
        rest = rest.subarray(part.byteLength);
        if (filled === batchBytes) await flush();
      }
    },
    async end() {
      await flush();
      await writing;
    },
    /** Nothing is being written afterwards. */
    async abandon() {
      await writing.catch(() => {});
    },
  };
}

/** Writes all that comes; answers how many bytes that was. */
async function receive(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  path: string,
  options: SpoolOptions,
): Promise<number> {
  const { maxBytes, signal, idleMs = 60_000 } = options;
  const writer = batchWriter(path, options);
  let received = 0;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const chunk = await readChunk(reader, idleMs);
      if (chunk === undefined) break;
      received += chunk.byteLength;
      if (received > maxBytes) throw tooLarge(maxBytes);
      await writer.write(chunk);
    }
    if (received === 0) {
      throw new ProblemError("invalid-body", {
        detail: "Cannot take the body in: it is empty",
      });
    }
    await writer.end();
    return received;
  } catch (error) {
    // A batch still being written would bring the file back.
    await writer.abandon();
    throw error;
  }
}

/**
 * Takes a request's body in whole: to a new file of mode 600 in `dir`, hashed
 * and synced to disk. Bytes are written and hashed in threads, in batches of
 * 1 MiB, so that a slow client holds no thread; the loop only passes chunks
 * on.
 *
 * @returns The file, the caller's to delete.
 * @throws {ProblemError} `body-too-large`, `invalid-body` (empty),
 * `bad-request` (the body broke off or stopped coming). No file is left.
 * @throws {PoolFullError} The pool has no room.
 * @throws The signal's reason when it is aborted.
 */
export async function spoolBody(
  body: ReadableStream<Uint8Array>,
  options: SpoolOptions,
): Promise<SpooledBody> {
  const { pool, dir, maxBytes, declaredBytes, signal } = options;
  if (declaredBytes !== undefined && declaredBytes > maxBytes) {
    await body.cancel().catch(() => {});
    throw tooLarge(maxBytes);
  }
  const path = join(dir, `${crypto.randomUUID()}${uploadSuffix}`);
  const reader = body.getReader();
  const abort = () => void reader.cancel(signal?.reason).catch(() => {});
  signal?.addEventListener("abort", abort);
  try {
    const bytes = await receive(reader, path, options);
    const sha256 = await pool.run(sealFile, path, signal ? { signal } : {});
    return { path, bytes, sha256 };
  } catch (error) {
    await reader.cancel(error).catch(() => {});
    await removeFile(path);
    // Cancelling makes the body look ended or broken: say what it was.
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
    reader.releaseLock();
  }
}
