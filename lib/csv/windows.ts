/**
 * A stretch of the input that is scanned at once. It begins at a record or
 * line; who scans it says with {@linkcode Window.keep} how far it got.
 */
export class Window {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Nothing comes after it. */
  readonly last: boolean;
  /** The buffer is nobody else's: parts of it may be given away. */
  readonly owned: boolean;
  #tail: Uint8Array<ArrayBuffer> | undefined;

  constructor(bytes: Uint8Array<ArrayBuffer>, last: boolean, owned: boolean) {
    this.bytes = bytes;
    this.last = last;
    this.owned = owned;
  }

  /** Puts the bytes from `offset` on at the start of the next window. */
  keep(offset: number): void {
    // A copy, because the bytes before it may be transferred away.
    this.#tail = this.bytes.slice(offset);
  }

  /** What the next window starts with. */
  get tail(): Uint8Array<ArrayBuffer> {
    return this.#tail ?? this.bytes.slice(this.bytes.length);
  }
}

/** Default of {@linkcode windows}' `gatherBytes`. */
const GATHER_BYTES = 64 * 1024;

/**
 * Cuts chunks of any size into windows. A window whose record is incomplete
 * is followed by one at least twice as long, so that the work stays linear
 * even with chunks of one byte.
 *
 * The last window, possibly empty, is marked.
 *
 * @param gatherBytes Bytes that a window has at least, unless the input ends.
 */
export async function* windows(
  chunks: AsyncIterable<Uint8Array>,
  gatherBytes = GATHER_BYTES,
): AsyncGenerator<Window, void, void> {
  let parts: Uint8Array[] = [];
  let size = 0;
  let tail: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  function next(last: boolean): Window {
    const first = parts[0];
    let window: Window;
    if (
      tail.length === 0 && parts.length === 1 &&
      first?.buffer instanceof ArrayBuffer
    ) {
      window = new Window(first as Uint8Array<ArrayBuffer>, last, false);
    } else {
      const bytes = new Uint8Array(tail.length + size);
      bytes.set(tail);
      let at = tail.length;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      window = new Window(bytes, last, true);
    }
    parts = [];
    size = 0;
    return window;
  }

  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    parts.push(chunk);
    size += chunk.length;
    if (size < Math.max(gatherBytes, tail.length)) continue;
    const window = next(false);
    yield window;
    tail = window.tail;
  }
  yield next(true);
}
