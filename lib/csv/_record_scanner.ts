import {
  BACKSLASH,
  COMMA,
  CR,
  DOT,
  findInvalidUtf8,
  isBlank,
  LF,
  NUL,
  positionOf,
  QUOTE,
} from "./_bytes.ts";
import { FormatError } from "./format_error.ts";

/** The field stood in quotes. */
export const QUOTED = 1;
/** It holds doubled quotes, each meaning one. */
export const DOUBLED = 2;
/** Not quoted, but holds a comma or a quote: COPY wants it quoted. */
export const SPECIAL = 4;

/** Bytes at which the scan of an unquoted field stops to look. */
function stopTable(separator: number): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of [NUL, LF, CR, QUOTE, COMMA, separator]) table[byte] = 1;
  return table;
}

/** The same for a quoted field. */
const QUOTED_STOPS = new Uint8Array(256);
for (const byte of [NUL, LF, QUOTE]) QUOTED_STOPS[byte] = 1;

export interface RecordScannerOptions {
  separator: number;
  quote: boolean;
  trim: boolean;
  maxRecordBytes: number;
  /** The line that a record starting with `\.` alone is refused for. */
  refuseEndMarker: boolean;
}

/**
 * Finds the fields of one record. The result of {@linkcode scan} stays in the
 * scanner until the next call: objects per record would cost more than the
 * scan itself.
 */
export class RecordScanner {
  /** Fields of the record; a blank line has 0. */
  count = 0;
  /** Physical lines that it takes. */
  lines = 1;
  /** Offset after the content, before the line end. */
  contentEnd = 0;
  starts = new Int32Array(64);
  ends = new Int32Array(64);
  flags = new Uint8Array(64);
  /** Physical line on which the next record starts; the caller moves it on. */
  line = 1;
  readonly #options: RecordScannerOptions;
  readonly #stops: Uint8Array;

  constructor(options: RecordScannerOptions) {
    this.#options = options;
    this.#stops = stopTable(options.separator);
  }

  /**
   * Scans the record that starts at `start`.
   *
   * @param last Nothing comes after these bytes.
   * @returns The offset of the next record, or -1 if this one is incomplete.
   * @throws {FormatError} The record is broken.
   */
  scan(bytes: Uint8Array, start: number, last: boolean): number {
    const { separator, quote, trim, maxRecordBytes } = this.#options;
    // Two more than allowed, so that a line end still fits.
    const stop = Math.min(bytes.length, start + maxRecordBytes + 2);
    const atEnd = last && stop === bytes.length;
    const stops = this.#stops;
    this.count = 0;
    this.lines = 1;
    let i = start;
    for (;;) {
      if (trim) {
        while (i < stop && isBlank(bytes[i]) && bytes[i] !== separator) i++;
      }
      let valueStart = i;
      let valueEnd: number;
      let flags = 0;
      if (quote && i < stop && bytes[i] === QUOTE) {
        const opened = i;
        valueStart = ++i;
        for (;;) {
          while (i < stop && QUOTED_STOPS[bytes[i]!] === 0) i++;
          if (i >= stop) return this.#unfinished(bytes, start, last, opened);
          if (bytes[i] === LF) {
            this.lines++;
            i++;
            continue;
          }
          if (bytes[i] === NUL) this.#fault(bytes, start, i, "NUL byte");
          // It may close the field or be doubled: the next byte tells.
          if (i + 1 >= stop && !atEnd) {
            return this.#unfinished(bytes, start, last);
          }
          if (bytes[i + 1] !== QUOTE || i + 1 >= stop) break;
          flags |= DOUBLED;
          i += 2;
        }
        flags |= QUOTED;
        valueEnd = i++;
        if (trim) {
          while (i < stop && isBlank(bytes[i]) && bytes[i] !== separator) i++;
          // Inside the quotes too: who asks for trimming wants the value.
          while (valueStart < valueEnd && isBlank(bytes[valueStart])) {
            valueStart++;
          }
          while (valueStart < valueEnd && isBlank(bytes[valueEnd - 1])) {
            valueEnd--;
          }
        }
      } else {
        for (;;) {
          while (i < stop && stops[bytes[i]!] === 0) i++;
          if (i >= stop) break;
          const byte = bytes[i]!;
          if (byte === separator || byte === LF || byte === CR) break;
          if (byte === NUL) this.#fault(bytes, start, i, "NUL byte");
          if (byte === QUOTE && quote) {
            this.#fault(bytes, start, i, "stray quote in an unquoted field");
          }
          flags = SPECIAL;
          i++;
        }
        valueEnd = i;
        if (trim) {
          while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) {
            valueEnd--;
          }
        }
      }
      if (i >= stop && !atEnd) return this.#unfinished(bytes, start, last);
      this.#push(valueStart, valueEnd, flags);
      if (i >= stop) return this.#finish(bytes, start, i, i);
      const byte = bytes[i]!;
      if (byte === separator) {
        i++;
        continue;
      }
      if (byte === LF) return this.#finish(bytes, start, i, i + 1);
      if (byte === CR) {
        if (i + 1 >= stop && !atEnd) {
          return this.#unfinished(bytes, start, last);
        }
        if (i + 1 < stop && bytes[i + 1] === LF) {
          return this.#finish(bytes, start, i, i + 2);
        }
        this.#fault(bytes, start, i, "carriage return without a line feed");
      }
      this.#fault(bytes, start, i, "text after a closing quote");
    }
  }

  /** The position of `offset` in the record that starts at `start`. */
  position(
    bytes: Uint8Array,
    start: number,
    offset: number,
    line = this.line,
  ): { line: number; column: number } {
    return positionOf(bytes, offset, { start, line });
  }

  #push(start: number, end: number, flags: number): void {
    const at = this.count++;
    if (at === this.starts.length) {
      this.starts = grown(this.starts, new Int32Array(at * 2));
      this.ends = grown(this.ends, new Int32Array(at * 2));
      this.flags = grown(this.flags, new Uint8Array(at * 2));
    }
    this.starts[at] = start;
    this.ends[at] = end;
    this.flags[at] = flags;
  }

  #finish(
    bytes: Uint8Array,
    start: number,
    contentEnd: number,
    next: number,
  ): number {
    const { maxRecordBytes, refuseEndMarker } = this.#options;
    if (contentEnd - start > maxRecordBytes) {
      this.#tooLong(bytes, start);
    }
    this.contentEnd = contentEnd;
    if (
      refuseEndMarker && contentEnd - start === 2 &&
      bytes[start] === BACKSLASH && bytes[start + 1] === DOT
    ) {
      this.#fault(
        bytes,
        start,
        start,
        "the line is \\. alone, which would end the data for PostgreSQL",
      );
    }
    // A line with nothing on it, or nothing that trimming leaves.
    if (
      this.count === 1 && this.flags[0] === 0 &&
      this.starts[0]! >= this.ends[0]!
    ) {
      this.count = 0;
    }
    return next;
  }

  /** The bytes ended inside the record. */
  #unfinished(
    bytes: Uint8Array,
    start: number,
    last: boolean,
    openedQuote = -1,
  ): number {
    if (bytes.length - start >= this.#options.maxRecordBytes + 2) {
      this.#tooLong(bytes, start, openedQuote);
    }
    if (last) {
      this.#fault(
        bytes,
        start,
        openedQuote < 0 ? start : openedQuote,
        "quote is never closed",
      );
    }
    return -1;
  }

  #tooLong(bytes: Uint8Array, start: number, openedQuote = -1): never {
    const limit = `${this.#options.maxRecordBytes} bytes`;
    this.#fault(
      bytes,
      start,
      openedQuote < 0 ? start : openedQuote,
      openedQuote < 0
        ? `the record is longer than ${limit}`
        : `quote is not closed within the ${limit} that a record may have`,
    );
  }

  #fault(
    bytes: Uint8Array,
    start: number,
    offset: number,
    detail: string,
  ): never {
    // What is told must not depend on how the input was cut into chunks.
    if (offset - start > this.#options.maxRecordBytes) {
      this.#tooLong(bytes, start);
    }
    this.checkUtf8(bytes, start, offset);
    throw new FormatError(detail, this.position(bytes, start, offset));
  }

  /** @throws {FormatError} The bytes of the record are not UTF-8. */
  checkUtf8(bytes: Uint8Array, start: number, end: number): void {
    const at = findInvalidUtf8(bytes, start, end);
    if (at < 0) return;
    throw new FormatError(
      `byte 0x${
        bytes[at]!.toString(16).padStart(2, "0")
      } is not valid UTF-8; save the file as UTF-8`,
      this.position(bytes, start, at),
    );
  }
}

function grown<T extends Int32Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
