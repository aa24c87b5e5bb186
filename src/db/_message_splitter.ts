import { DataRow } from "./_wire_read.ts";

/** Where the messages of a {@linkcode MessageSplitter} go. */
export interface MessageSink {
  /** A DataRow; `start` is where its body starts. */
  row(bytes: Uint8Array, view: DataView, start: number): void;
  /** Any other message, whole, its tag and length included. */
  other(message: Uint8Array): void;
}

/**
 * Cuts a server's bytes, as the network brings them, into messages. Only a
 * message that two chunks share is copied.
 */
export class MessageSplitter {
  readonly #sink: MessageSink;
  readonly #head = new Uint8Array(5);
  #headLength = 0;
  #partial: Uint8Array | undefined;
  #partialLength = 0;

  constructor(sink: MessageSink) {
    this.#sink = sink;
  }

  /** Bytes of a message that is not whole yet. */
  rest(): Uint8Array {
    return this.#partial === undefined
      ? this.#head.subarray(0, this.#headLength)
      : this.#partial.subarray(0, this.#partialLength);
  }

  feed(chunk: Uint8Array): void {
    let at = this.#complete(chunk);
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    while (at + 5 <= chunk.length) {
      const end = at + 1 + view.getInt32(at + 1);
      if (end > chunk.length) break;
      if (chunk[at] === DataRow) this.#sink.row(chunk, view, at + 5);
      else this.#sink.other(chunk.subarray(at, end));
      at = end;
    }
    this.#keep(chunk, at);
  }

  /** Completes the message begun in earlier chunks; returns where to go on. */
  #complete(chunk: Uint8Array): number {
    let at = 0;
    if (this.#partial === undefined) {
      if (this.#headLength === 0) return 0;
      while (this.#headLength < 5 && at < chunk.length) {
        this.#head[this.#headLength++] = chunk[at++]!;
      }
      if (this.#headLength < 5) return at;
      this.#startPartial(this.#head);
    }
    const partial = this.#partial!;
    const size = Math.min(
      partial.length - this.#partialLength,
      chunk.length - at,
    );
    partial.set(chunk.subarray(at, at + size), this.#partialLength);
    this.#partialLength += size;
    at += size;
    if (this.#partialLength === partial.length) {
      this.#partial = undefined;
      this.#headLength = 0;
      if (partial[0] === DataRow) {
        this.#sink.row(partial, new DataView(partial.buffer), 5);
      } else this.#sink.other(partial);
    }
    return at;
  }

  #startPartial(head: Uint8Array): void {
    const length = new DataView(head.buffer, head.byteOffset, 5).getInt32(1);
    this.#partial = new Uint8Array(length + 1);
    this.#partial.set(head.subarray(0, 5));
    this.#partialLength = 5;
  }

  #keep(chunk: Uint8Array, at: number): void {
    const left = chunk.length - at;
    if (left === 0) return;
    if (left < 5) {
      this.#head.set(chunk.subarray(at));
      this.#headLength = left;
      return;
    }
    this.#startPartial(chunk.subarray(at, at + 5));
    this.#partial!.set(chunk.subarray(at));
    this.#partialLength = left;
  }
}
