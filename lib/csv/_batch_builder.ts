import { COMMA, CR, QUOTE } from "./_bytes.ts";
import type { RowBatch } from "./types.ts";

const FIRST_CAPACITY = 16 * 1024;
/** Below this, a loop copies faster than a call of `set`. */
const SHORT = 96;

/** Collects records. Each batch it gives has a buffer of its own. */
export class BatchBuilder {
  rows = 0;
  length = 0;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #capacity = FIRST_CAPACITY;

  /** Makes room for `count` more bytes. */
  reserve(count: number): Uint8Array<ArrayBuffer> {
    const needed = this.length + count;
    if (needed > this.#bytes.length) {
      let capacity = Math.max(this.#capacity, this.#bytes.length * 2);
      while (capacity < needed) capacity *= 2;
      const bytes = new Uint8Array(capacity);
      bytes.set(this.#bytes.subarray(0, this.length));
      this.#bytes = bytes;
    }
    return this.#bytes;
  }

  /** Adds records as they are, but for the separator and the line end. */
  appendRecords(
    source: Uint8Array,
    run: {
      start: number;
      end: number;
      rows: number;
      separator: number;
      carriageReturns: boolean;
    },
  ): void {
    const { start, end, separator } = run;
    const bytes = this.reserve(end - start);
    if (run.carriageReturns) {
      this.length = copyWithout(source, run, bytes, this.length);
    } else {
      const from = this.length;
      this.appendBytes(source, start, end);
      if (separator !== COMMA) {
        for (let i = from; i < this.length; i++) {
          if (bytes[i] === separator) bytes[i] = COMMA;
        }
      }
    }
    this.rows += run.rows;
  }

  /** Adds bytes as they are. Room must have been reserved. */
  appendBytes(source: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes;
    const at = this.length;
    if (end - start < SHORT) {
      for (let i = start; i < end; i++) bytes[at + i - start] = source[i]!;
    } else {
      bytes.set(source.subarray(start, end), at);
    }
    this.length = at + end - start;
  }

  /** Adds a field in quotes, doubling those in it unless they already are. */
  appendQuoted(
    source: Uint8Array,
    start: number,
    end: number,
    doubled: boolean,
  ): void {
    this.appendByte(QUOTE);
    if (doubled) {
      this.appendBytes(source, start, end);
    } else {
      const bytes = this.#bytes;
      for (let i = start; i < end; i++) {
        const byte = source[i]!;
        if (byte === QUOTE) bytes[this.length++] = QUOTE;
        bytes[this.length++] = byte;
      }
    }
    this.appendByte(QUOTE);
  }

  /** Room must have been reserved. */
  appendByte(byte: number): void {
    this.#bytes[this.length++] = byte;
  }

  /** What has been collected; the builder is empty afterwards. */
  take(): RowBatch {
    const batch = {
      bytes: this.#bytes.subarray(0, this.length),
      rows: this.rows,
    };
    // The next batch is likely to be about as large.
    this.#capacity = Math.max(FIRST_CAPACITY, this.length + 1024);
    this.#bytes = new Uint8Array(0);
    this.length = 0;
    this.rows = 0;
    return batch;
  }
}

/** Copies a run without its carriage returns; returns where the copy ends. */
function copyWithout(
  source: Uint8Array,
  run: { start: number; end: number; separator: number },
  target: Uint8Array,
  at: number,
): number {
  const { end, separator } = run;
  for (let i = run.start; i < end; i++) {
    const byte = source[i]!;
    if (byte === CR) continue;
    target[at++] = byte === separator ? COMMA : byte;
  }
  return at;
}
