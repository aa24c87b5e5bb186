import { isUtf8 } from "node:buffer";
import { LF } from "./_bytes.ts";
import { RecordScanner, type RecordScannerOptions } from "./_record_scanner.ts";
import type { Window } from "./windows.ts";

export interface RecordCursorOptions extends RecordScannerOptions {
  /** Lines to leave out at the start, unchecked. */
  skipLines: number;
  /** Lines that start with this are left out, unchecked; "": none. */
  comment: string;
  startLine: number;
}

/** Goes from record to record through a window, past blanks and comments. */
export class RecordCursor {
  readonly scanner: RecordScanner;
  /** Where the record begins that {@linkcode next} has found. */
  start = 0;
  /** Its line. */
  line = 0;
  /** Where the next one begins. */
  position = 0;
  /** Offset after the window's last `\n`. */
  lineEnd = 0;
  /** All bytes before {@linkcode lineEnd} are UTF-8. */
  clean = false;
  blankLines = 0;
  readonly #options: RecordCursorOptions;
  readonly #comment: Uint8Array;
  #toSkip: number;
  #window!: Window;

  constructor(options: RecordCursorOptions) {
    this.#options = options;
    this.scanner = new RecordScanner(options);
    this.scanner.line = options.startLine;
    this.#comment = new TextEncoder().encode(options.comment);
    this.#toSkip = options.skipLines;
  }

  /** Starts on a window. */
  open(window: Window): void {
    const { bytes } = window;
    this.#window = window;
    this.position = 0;
    this.lineEnd = bytes.lastIndexOf(LF) + 1;
    // Sequences cut by the end of the window are looked at in the next one.
    this.clean = isUtf8(bytes.subarray(0, this.lineEnd));
    this.#skip();
  }

  /** Moves past lines that nobody looks at, also over several windows. */
  #skip(): void {
    const { bytes } = this.#window;
    while (this.#toSkip > 0 && this.position < bytes.length) {
      const end = bytes.indexOf(LF, this.position);
      if (end < 0) {
        this.position = bytes.length;
      } else {
        this.position = end + 1;
        this.#toSkip--;
        this.scanner.line++;
      }
    }
  }

  /**
   * Finds the next record.
   *
   * @returns `false` at the end of the window; what is left of it has then
   *   been kept for the next one.
   * @throws {FormatError} The record is broken.
   */
  next(): boolean {
    const { bytes, last } = this.#window;
    const { scanner } = this;
    while (this.position < bytes.length) {
      const start = this.position;
      if (this.#isComment(bytes, start)) {
        this.#toSkip = 1;
        this.#skip();
        continue;
      }
      const next = scanner.scan(bytes, start, last);
      if (next < 0) return this.#keep(start);
      if (!this.clean || next > this.lineEnd) {
        scanner.checkUtf8(bytes, start, scanner.contentEnd);
      }
      this.start = start;
      this.line = scanner.line;
      this.position = next;
      scanner.line += scanner.lines;
      if (scanner.count > 0) return true;
      this.blankLines++;
    }
    return this.#keep(bytes.length);
  }

  /** Moves past records of one line each that were found otherwise. */
  advance(position: number, rows: number): void {
    this.position = position;
    this.scanner.line += rows;
  }

  /** 1-based line and column of an offset in the record just found. */
  columnOf(offset: number): number {
    const lineStart = this.#window.bytes.subarray(this.start, offset)
      .lastIndexOf(LF) + 1;
    return offset - this.start - lineStart + 1;
  }

  #keep(offset: number): false {
    this.#window.keep(offset);
    return false;
  }

  #isComment(bytes: Uint8Array, at: number): boolean {
    const comment = this.#comment;
    if (comment.length === 0) return false;
    for (let i = 0; i < comment.length; i++) {
      if (bytes[at + i] !== comment[i]) return false;
    }
    return true;
  }
}
