import { floatFault, type RowBatch } from "@loophound/toolkit/csv";
import { BATCH_BYTES, BATCH_ROWS, NAME_BYTES } from "./_limits.ts";

/** What is wrong with a line, and where in it (1-based, bytes). */
export interface LineFault {
  column: number;
  reason: string;
}

const TAB = 9;
const LF = 10;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const OPEN = 123;
const CLOSE = 125;

/** Without an exponent, so many digits can neither overflow nor underflow. */
const SAFE_LENGTH = 300;

/**
 * Turns data lines of a GCT file into rows for COPY: gencode id, symbol, and
 * the values as an array literal. Each byte is looked at once and copied once;
 * no value becomes a number or a string.
 */
export class GctRows {
  /** Rows since the last {@linkcode take}. */
  rows = 0;
  readonly #tissues: number;
  #bytes = new Uint8Array(2 * BATCH_BYTES);
  #length = 0;

  constructor(tissues: number) {
    this.#tissues = tissues;
  }

  get full(): boolean {
    return this.#length >= BATCH_BYTES || this.rows >= BATCH_ROWS;
  }

  /** Adds a line, without its end, or says what is wrong with it. */
  add(line: Uint8Array): LineFault | undefined {
    // Quotes in the two texts may double them; five bytes stand around them.
    this.#reserve(2 * line.length + 16);
    const before = this.#length;
    const fault = this.#row(line);
    if (fault === undefined) this.rows++;
    else this.#length = before;
    return fault;
  }

  /** The rows since the last call, as one batch. */
  take(): RowBatch {
    const batch = {
      bytes: this.#bytes.slice(0, this.#length),
      rows: this.rows,
    };
    this.#length = 0;
    this.rows = 0;
    return batch;
  }

  #row(line: Uint8Array): LineFault | undefined {
    let at = 0;
    for (const name of ["Name", "Description"]) {
      const tab = line.indexOf(TAB, at);
      if (tab < 0) return this.#wrongNumber(line);
      if (tab === at) {
        return { column: at + 1, reason: `${name}: required field is empty` };
      }
      if (tab - at > NAME_BYTES) {
        return { column: at + 1, reason: `${name}: text is too long` };
      }
      this.#text(line, at, tab);
      at = tab + 1;
    }
    return this.#values(line, at);
  }

  #text(line: Uint8Array, start: number, end: number): void {
    const bytes = this.#bytes;
    let to = this.#length;
    bytes[to++] = QUOTE;
    for (let i = start; i < end; i++) {
      const byte = line[i]!;
      if (byte === QUOTE) bytes[to++] = QUOTE;
      bytes[to++] = byte;
    }
    bytes[to++] = QUOTE;
    bytes[to++] = COMMA;
    this.#length = to;
  }

  #values(line: Uint8Array, start: number): LineFault | undefined {
    const bytes = this.#bytes;
    const end = line.length;
    let to = this.#length;
    let found = 0;
    let i = start;
    bytes[to++] = QUOTE;
    bytes[to++] = OPEN;
    for (;;) {
      const from = i;
      let byte = 0;
      // Digits are 0x30 to 0x39.
      while (i < end && ((byte = line[i]!) ^ ZERO) < 10) {
        bytes[to++] = byte;
        i++;
      }
      let digits = i - from;
      if (i < end && byte === DOT) {
        bytes[to++] = DOT;
        i++;
        const fraction = i;
        while (i < end && ((byte = line[i]!) ^ ZERO) < 10) {
          bytes[to++] = byte;
          i++;
        }
        digits += i - fraction;
      }
      const ended = i >= end || byte === TAB;
      if (!ended || digits === 0 || i - from > SAFE_LENGTH) {
        const fieldEnd = endOfField(line, i);
        const reason = valueFault(line, from, fieldEnd);
        if (reason !== undefined) {
          return this.#hasAll(line) ? { column: from + 1, reason } : this
            .#wrongNumber(line);
        }
        for (; i < fieldEnd; i++) bytes[to++] = line[i]!;
      }
      found++;
      if (i >= end) break;
      bytes[to++] = COMMA;
      i++;
    }
    if (found !== this.#tissues) return this.#wrongNumber(line);
    bytes[to++] = CLOSE;
    bytes[to++] = QUOTE;
    bytes[to++] = LF;
    this.#length = to;
    return undefined;
  }

  #hasAll(line: Uint8Array): boolean {
    return fieldsOf(line) === this.#tissues + 2;
  }

  #wrongNumber(line: Uint8Array): LineFault {
    return {
      column: 1,
      reason: `${fieldsOf(line)} fields instead of ${this.#tissues + 2}`,
    };
  }

  #reserve(size: number): void {
    if (this.#length + size <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#length + size));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function fieldsOf(line: Uint8Array): number {
  let fields = 1;
  for (const byte of line) if (byte === TAB) fields++;
  return fields;
}

function endOfField(line: Uint8Array, from: number): number {
  const tab = line.indexOf(TAB, from);
  return tab < 0 ? line.length : tab;
}

/** A value that is not just digits: an exponent, a sign, or no value. */
function valueFault(
  line: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  if (start === end) return "value: required field is empty";
  const fault = floatFault(line, start, end);
  if (fault !== undefined) return `value: ${fault}`;
  if (line[start] !== MINUS) return undefined;
  const text = new TextDecoder().decode(line.subarray(start, end));
  return Number(text) < 0 ? "value: is negative" : undefined;
}
