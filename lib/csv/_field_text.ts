import { Buffer, isAscii } from "node:buffer";
import { DOUBLED, type RecordScanner } from "./_record_scanner.ts";

/** V8 copies substrings shorter than this; longer ones keep the parent alive. */
const COPIED_LENGTH = 13;
const MAX_TEXT = 200;

/** Reads fields of one stretch of bytes as strings. */
export class FieldText {
  readonly #buffer: Buffer;
  readonly #ascii: boolean;
  /** One character per byte: a native call for all instead of one a field. */
  readonly #text: string;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#ascii = isAscii(bytes);
    this.#text = this.#buffer.toString("latin1", 0, bytes.length);
  }

  /**
   * The text of valid UTF-8 bytes. It does not keep the stretch it comes from
   * in memory, so that a caller may hold on to single fields of a large file.
   */
  slice(start: number, end: number): string {
    if (this.#ascii || this.#isAscii(start, end)) {
      return end - start < COPIED_LENGTH
        ? this.#text.slice(start, end)
        : this.#buffer.toString("latin1", start, end);
    }
    return this.#buffer.toString("utf8", start, end);
  }

  /**
   * All fields of the record that the scanner has just found.
   *
   * @param offset Where the stretch begins in what the scanner was given.
   */
  fields(scanner: RecordScanner, offset = 0): string[] {
    const { count, starts, ends, flags } = scanner;
    const fields = new Array<string>(count);
    for (let i = 0; i < count; i++) {
      const text = this.slice(starts[i]! - offset, ends[i]! - offset);
      fields[i] = (flags[i]! & DOUBLED) === 0
        ? text
        : text.replaceAll('""', '"');
    }
    return fields;
  }

  #isAscii(start: number, end: number): boolean {
    const buffer = this.#buffer;
    for (let i = start; i < end; i++) if (buffer[i]! >= 0x80) return false;
    return true;
  }
}

/** The start of a record for a report: at most 200 characters. */
export function excerpt(
  bytes: Uint8Array,
  start: number,
  end: number,
): string {
  // Four bytes are the longest that a character can take.
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(
    bytes.subarray(start, Math.min(end, start + MAX_TEXT * 4)),
  );
  return text.slice(0, MAX_TEXT);
}
