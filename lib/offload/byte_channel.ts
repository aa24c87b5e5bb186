import { setImmediate } from "node:timers";
import {
  fromWireError,
  fromWireReason,
  toWireError,
  type WireError,
} from "./_wire_error.ts";

/**
 * A stream of bytes between two threads, over a MessagePort. Native streams
 * are not transferred: hosts before Deno 2.6 cannot, and a cancelled one
 * leaked its port.
 *
 * The sender may have `windowBytes` and `windowChunks` on the way; the
 * receiver gives credit back as its reader takes chunks, so a slow reader
 * stops the sender instead of filling memory.
 */

/** Limits of what is on the way in one channel. */
export interface ChannelOptions {
  /** @default {1 MiB} */
  windowBytes?: number;
  /** @default {64} */
  windowChunks?: number;
}

/** Bytes that one channel may have on the way. */
export const windowBytesDefault = 2 ** 20;
const windowChunksDefault = 64;
/** Smaller chunks are gathered while others are on the way. */
const smallBytes = 16 * 1024;
const batchBytes = 64 * 1024;
/**
 * Milliseconds that a source which always has a next chunk may be read in one
 * stretch: reading it never leaves the microtasks, and a cancel or an abort
 * would wait until the window is full.
 */
const stretchMs = 2;

type ToReceiver =
  | { chunk: Uint8Array<ArrayBuffer> }
  | { end: true }
  | { error: WireError };
type ToSender = { bytes: number; chunks: number } | { cancel: WireError };

/** The sending end of a channel. */
export interface ChannelSender {
  /** Resolves, never rejects, when the stream is sent, cancelled or failed. */
  readonly done: Promise<void>;
  /** Cancels the stream and closes the port. */
  cancel(reason: unknown): void;
}

/** The receiving end of a channel. */
export interface ChannelReceiver {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** Resolves, never rejects, when nothing more will arrive. */
  readonly done: Promise<void>;
  /** Makes the reader fail with `error`, unless all has arrived. */
  fail(error: Error): void;
  /** Tells the sender that no one reads on, as cancelling the stream does. */
  cancel(reason: unknown): void;
}

/** The view itself if it spans its buffer, else a copy: only buffers move. */
function movable(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  return chunk.buffer instanceof ArrayBuffer &&
      chunk.byteLength === chunk.buffer.byteLength
    ? chunk as Uint8Array<ArrayBuffer>
    : new Uint8Array(chunk);
}

/** An empty chunk is skipped; one that was moved away would be lost data. */
function assertAttached({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.detached) {
    throw new TypeError(
      "Cannot send a chunk: its buffer was already moved; make a new one for each chunk",
    );
  }
}

/** Gathers small chunks into one buffer: a message costs far more than a copy. */
class Batch {
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #filled = 0;

  get bytes(): number {
    return this.#filled;
  }

  fits(chunk: Uint8Array): boolean {
    return this.#filled + chunk.byteLength <= batchBytes;
  }

  add(chunk: Uint8Array): void {
    this.#buffer ??= new Uint8Array(batchBytes);
    this.#buffer.set(chunk, this.#filled);
    this.#filled += chunk.byteLength;
  }

  take(): Uint8Array<ArrayBuffer> | undefined {
    const taken = this.#buffer?.slice(0, this.#filled);
    this.#buffer = undefined;
    this.#filled = 0;
    return taken;
  }
}

/**
 * Reads `stream` and sends its chunks. The chunks' buffers are moved: the
 * stream's source must not use them again.
 */
export function sendStream(
  stream: ReadableStream<Uint8Array>,
  port: MessagePort,
  options: ChannelOptions = {},
): ChannelSender {
  const {
    windowBytes = windowBytesDefault,
    windowChunks = windowChunksDefault,
  } = options;
  const reader = stream.getReader();
  let bytes = 0;
  let chunks = 0;
  let cancelling: Promise<void> | undefined;
  let wake: (() => void) | undefined;

  const batch = new Batch();

  const post = (message: ToReceiver, transfer: ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  const postChunk = (chunk: Uint8Array<ArrayBuffer> | undefined) => {
    if (chunk === undefined) return;
    bytes += chunk.byteLength;
    chunks++;
    post({ chunk }, [chunk.buffer]);
  };
  const cancel = (reason: unknown) => {
    cancelling ??= reader.cancel(reason).catch(() => {});
    wake?.();
  };
  port.onmessage = ({ data }: MessageEvent<ToSender>) => {
    if ("cancel" in data) return cancel(fromWireReason(data.cancel));
    bytes -= data.bytes;
    chunks -= data.chunks;
    // The reader has all there is: it must not wait for a full batch.
    if (chunks === 0 && cancelling === undefined) postChunk(batch.take());
    wake?.();
  };
  const send = (value: Uint8Array) => {
    const small = value.byteLength < smallBytes;
    if (!small || !batch.fits(value)) postChunk(batch.take());
    if (small && chunks > 0) batch.add(value);
    else postChunk(movable(value));
  };

  const pump = async () => {
    let turnedAt = performance.now();
    for (;;) {
      while (
        cancelling === undefined &&
        (bytes + batch.bytes >= windowBytes || chunks >= windowChunks)
      ) {
        await new Promise<void>((resolve) => wake = resolve);
        turnedAt = performance.now();
      }
      if (performance.now() - turnedAt > stretchMs) {
        await new Promise<void>((resolve) => setImmediate(resolve));
        turnedAt = performance.now();
      }
      if (cancelling !== undefined) return;
      const { done, value } = await reader.read();
      if (cancelling !== undefined) return;
      if (done) {
        postChunk(batch.take());
        return post({ end: true });
      }
      if (!(value instanceof Uint8Array)) {
        throw new TypeError(
          `Cannot send a chunk: it is ${
            value === null ? "null" : typeof value
          }, not a Uint8Array`,
        );
      }
      assertAttached(value);
      if (value.byteLength > 0) send(value);
    }
  };
  const run = async () => {
    try {
      await pump();
    } catch (error) {
      if (cancelling === undefined) {
        postChunk(batch.take());
        post({ error: toWireError(error) });
      }
      // A source that is still open must learn that no one reads on.
      cancel(error);
    }
    await cancelling;
    port.close();
  };
  return { done: run(), cancel };
}

/** Makes a stream of what the other end sends. */
export function receiveStream(
  port: MessagePort,
  options: ChannelOptions = {},
): ChannelReceiver {
  const {
    windowBytes = windowBytesDefault,
    windowChunks = windowChunksDefault,
  } = options;
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  const { promise: done, resolve: finish } = Promise.withResolvers<void>();
  let closed = false;
  let end: { error?: Error } | undefined;
  let wake: (() => void) | undefined;
  let creditBytes = 0;
  let creditChunks = 0;

  const close = () => {
    if (closed) return;
    closed = true;
    port.close();
    finish();
  };
  const settle = (how: { error?: Error }) => {
    end ??= how;
    close();
    wake?.();
  };
  port.onmessage = ({ data }: MessageEvent<ToReceiver>) => {
    if ("chunk" in data) {
      waiting.push(data.chunk);
      wake?.();
    } else if ("end" in data) settle({});
    else settle({ error: fromWireError(data.error) });
  };
  const giveCredit = (chunk: Uint8Array) => {
    creditBytes += chunk.byteLength;
    creditChunks++;
    // Credit goes back in halves of the window, not chunk by chunk: a message
    // costs about as much as a small chunk.
    if (
      closed || (waiting.length > 0 && creditBytes < windowBytes / 2 &&
        creditChunks < windowChunks / 2)
    ) return;
    port.postMessage(
      { bytes: creditBytes, chunks: creditChunks } satisfies ToSender,
    );
    creditBytes = creditChunks = 0;
  };
  const cancel = (reason: unknown) => {
    waiting.length = 0;
    if (!closed) {
      port.postMessage({ cancel: toWireError(reason) } satisfies ToSender);
    }
    end ??= {};
    close();
    wake?.();
  };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      while (waiting.length === 0 && end === undefined) {
        await new Promise<void>((resolve) => wake = resolve);
      }
      if (end?.error !== undefined) {
        waiting.length = 0;
        return controller.error(end.error);
      }
      const chunk = waiting.shift();
      if (chunk === undefined) return controller.close();
      controller.enqueue(chunk);
      giveCredit(chunk);
    },
    cancel,
  }, { highWaterMark: 0 });
  return {
    stream,
    done,
    fail: (error) => {
      // What has wholly arrived may still be read.
      if (end === undefined) settle({ error });
    },
    cancel,
  };
}
