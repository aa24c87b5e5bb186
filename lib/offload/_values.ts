import {
  type ChannelOptions,
  type ChannelReceiver,
  type ChannelSender,
  receiveStream,
  sendStream,
  windowBytesDefault,
} from "./byte_channel.ts";
import type { Transferables } from "./types.ts";

/** How deep bytes, streams and ports are looked for. */
const maxDepth = 2;

/** A value whose bytes, streams and ports have been taken out to be moved. */
export interface PackedValue {
  /** The value; streams are replaced by null. */
  value: unknown;
  /** Where the streams were. */
  streams: { path: string[]; stream: ReadableStream<Uint8Array> }[];
  transfer: Transferables;
  /** Bytes that are moved or may be on the way in streams. */
  bytes: number;
}

/** What is posted for a {@linkcode PackedValue}. */
export interface PostedValue {
  value: unknown;
  streams: { path: string[]; port: MessagePort }[];
}

function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * Takes the bytes out of the caller's hands at once, so that it makes no
 * difference whether the task runs now or has to wait.
 */
function take(bytes: Uint8Array): Uint8Array {
  const { buffer } = bytes;
  // Shared memory is shared, not moved.
  if (!(buffer instanceof ArrayBuffer)) return bytes;
  if (bytes.byteLength !== buffer.byteLength) return new Uint8Array(bytes);
  try {
    return new Uint8Array(buffer.transfer());
  } catch (error) {
    if (buffer.detached) throw error;
    // Memory that cannot be moved, such as WebAssembly's.
    return new Uint8Array(bytes);
  }
}

/**
 * Finds bytes, streams and ports in `value` and prepares them for the way.
 * `value` itself is not changed, but its bytes are moved.
 *
 * @throws {TypeError} A stream is already locked, or bytes were already moved.
 */
export function packValue(value: unknown): PackedValue {
  const packed: PackedValue = {
    value: undefined,
    streams: [],
    transfer: [],
    bytes: 0,
  };
  // The same bytes or port in two places are moved once.
  const seen = new Map<object, unknown>();
  const walk = (item: unknown, path: string[]): unknown => {
    if (typeof item !== "object" || item === null) return item;
    if (seen.has(item)) return seen.get(item);
    if (item instanceof Uint8Array) {
      const taken = take(item);
      if (taken.buffer instanceof ArrayBuffer) {
        packed.transfer.push(taken.buffer);
        packed.bytes += taken.byteLength;
      }
      seen.set(item, taken);
      return taken;
    }
    if (item instanceof MessagePort) {
      packed.transfer.push(item);
      seen.set(item, item);
      return item;
    }
    if (item instanceof ReadableStream) {
      packed.streams.push({ path, stream: item });
      packed.bytes += windowBytesDefault;
      return null;
    }
    if (path.length >= maxDepth || !isContainer(item)) return item;
    let copy: Record<string, unknown> | unknown[] | undefined;
    for (const [key, inner] of Object.entries(item)) {
      const walked = walk(inner, [...path, key]);
      if (walked === inner) continue;
      copy ??= Array.isArray(item) ? [...item] : { ...item };
      (copy as Record<string, unknown>)[key] = walked;
    }
    return copy ?? item;
  };
  // Locked streams are found before any bytes are moved.
  assertSendable(value, 0, new Set());
  packed.value = walk(value, []);
  return packed;
}

function assertSendable(item: unknown, depth: number, seen: Set<object>): void {
  if (typeof item !== "object" || item === null) return;
  if (item instanceof ReadableStream) {
    if (item.locked || seen.has(item)) {
      throw new TypeError("Cannot send a stream: it already has a reader");
    }
    seen.add(item);
  } else if (depth < maxDepth && isContainer(item)) {
    for (const inner of Object.values(item)) {
      assertSendable(inner, depth + 1, seen);
    }
  }
}

/** A value on its way. */
export interface SentValue {
  posted: PostedValue;
  transfer: Transferables;
  /** Call when the message has left: starts to read the streams. */
  open(): ChannelSender[];
  /** Call when the message could not be posted. */
  discard(): void;
}

/**
 * Makes a channel for each stream of `packed`; post `posted` with `transfer`.
 *
 * @throws {TypeError} A stream was locked since it was packed.
 */
export function sendValue(
  packed: PackedValue,
  options?: ChannelOptions,
): SentValue {
  if (packed.streams.some(({ stream }) => stream.locked)) {
    throw new TypeError("Cannot send a stream: it already has a reader");
  }
  const transfer = [...packed.transfer];
  const ends: { stream: ReadableStream<Uint8Array>; port: MessagePort }[] = [];
  const streams = packed.streams.map(({ path, stream }) => {
    const { port1, port2 } = new MessageChannel();
    ends.push({ stream, port: port1 });
    transfer.push(port2);
    return { path, port: port2 };
  });
  return {
    posted: { value: packed.value, streams },
    transfer,
    // Reading starts only now: a value that cannot be cloned must leave the
    // streams untouched.
    open: () =>
      ends.map(({ stream, port }) => sendStream(stream, port, options)),
    discard() {
      for (const { port } of ends) port.close();
      for (const { port } of streams) port.close();
    },
  };
}

/** Puts the receiving ends of the streams back in their places. */
export function receiveValue(
  posted: PostedValue,
  options?: ChannelOptions,
): { value: unknown; receivers: ChannelReceiver[] } {
  let value = posted.value;
  const receivers: ChannelReceiver[] = [];
  for (const { path, port } of posted.streams) {
    const receiver = receiveStream(port, options);
    receivers.push(receiver);
    const last = path.at(-1);
    if (last === undefined) {
      value = receiver.stream;
      continue;
    }
    let holder = value as Record<string, unknown>;
    for (const key of path.slice(0, -1)) {
      holder = holder[key] as Record<string, unknown>;
    }
    holder[last] = receiver.stream;
  }
  return { value, receivers };
}
