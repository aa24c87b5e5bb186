import {
  BACKSLASH,
  COMMA,
  CR,
  DOT,
  isBlank,
  LF,
  NUL,
  QUOTE,
} from "./_bytes.ts";

const TEXT = 0;
const FLOAT = 1;
const INTEGER = 2;

/** Numbers longer than this are left to the careful check. */
const MAX_DIGITS = 200;
/** So many digits fit any integer type; more are left to the careful check. */
const MAX_INTEGER_DIGITS = 9;

export interface FastRunOptions {
  separator: number;
  trim: boolean;
  /** A record that starts with this byte is left to the careful scan; -1: none. */
  comment: number;
  maxRecordBytes: number;
  columns: readonly {
    type: "text" | "float" | "integer" | "bigint";
    /** An empty field may stay as it is. */
    emptyPasses: boolean;
    maxBytes: number;
  }[];
}

/**
 * Finds runs of records that need no change but that of the separator and the
 * line end: the right number of fields, nothing quoted, nothing to trim, every
 * value good. It stops before the first record it is not sure of, and never
 * judges one.
 */
export class FastRun {
  /** Records found by the last {@linkcode scan}. */
  rows = 0;
  /** They end with `\r\n`, all of them. */
  carriageReturns = false;
  #bytes = new Uint8Array(0);
  #words = new DataView(this.#bytes.buffer);
  #end = 0;
  readonly #kinds: Uint8Array;
  readonly #emptyPasses: Uint8Array;
  readonly #maxBytes: Float64Array;
  readonly #plain: Uint8Array;
  readonly #options: FastRunOptions;

  constructor(options: FastRunOptions) {
    const { columns, separator } = options;
    this.#options = options;
    this.#kinds = Uint8Array.from(
      columns,
      ({ type }) => type === "text" ? TEXT : type === "float" ? FLOAT : INTEGER,
    );
    this.#emptyPasses = Uint8Array.from(
      columns,
      ({ emptyPasses }) => Number(emptyPasses),
    );
    this.#maxBytes = Float64Array.from(columns, ({ maxBytes }) => maxBytes);
    this.#plain = new Uint8Array(256).fill(1);
    for (const byte of [NUL, LF, CR, QUOTE, COMMA, separator]) {
      this.#plain[byte] = 0;
    }
  }

  /**
   * Starts on other bytes.
   *
   * @param end Offset after the last `\n`, so that the loops below need no
   *   check of their own: each of them stops at a `\n`.
   */
  open(bytes: Uint8Array<ArrayBuffer>, end: number): void {
    this.#bytes = bytes;
    this.#end = end;
    this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.carriageReturns = bytes[bytes.indexOf(LF) - 1] === CR;
  }

  /**
   * Finds a run of at most `maxRows` records and about `limit` bytes.
   *
   * @returns The offset of the first record that is not part of it.
   */
  scan(start: number, maxRows: number, limit: number): number {
    const { separator, trim, comment, maxRecordBytes } = this.#options;
    const bytes = this.#bytes;
    const words = this.#words;
    const end = this.#end;
    const kinds = this.#kinds;
    const plain = this.#plain;
    const emptyPasses = this.#emptyPasses;
    const maxBytes = this.#maxBytes;
    const columns = kinds.length;
    const lineStop = this.carriageReturns ? CR : LF;
    const lastByte = start + limit;
    // Four bytes can be read at once before this offset.
    const wordEnd = bytes.length - 3;
    // All that stops a text is at most a comma, unless the separator is above.
    const wideTextEnd = separator <= COMMA ? wordEnd : 0;
    let rows = 0;
    let i = start;
    let record = start;
    search:
    while (i < end && rows < maxRows) {
      record = i;
      const first = bytes[i]!;
      if (first === comment || (first === BACKSLASH && bytes[i + 1] === DOT)) {
        break;
      }
      for (let column = 0; column < columns; column++) {
        const field = i;
        const stop = column === columns - 1 ? lineStop : separator;
        if (kinds[column] === TEXT) {
          while (i < wideTextEnd && areAboveComma(words.getInt32(i, true))) {
            i += 4;
          }
          while (plain[bytes[i]!] !== 0) i++;
          if (bytes[i] !== stop) break search;
          if (i > field) {
            if (trim && (isBlank(bytes[field]) || isBlank(bytes[i - 1]))) {
              break search;
            }
            if (i - field > maxBytes[column]!) break search;
          }
        } else {
          let byte = bytes[i]!;
          if (byte === 45 || byte === 43) byte = bytes[++i]!;
          const digits = i;
          while ((byte ^ 48) < 10) byte = bytes[++i]!;
          let count = i - digits;
          if (kinds[column] === FLOAT) {
            if (byte === DOT) {
              const fraction = ++i;
              while (i < wordEnd && areDigits(words.getInt32(i, true))) i += 4;
              byte = bytes[i]!;
              while ((byte ^ 48) < 10) byte = bytes[++i]!;
              count += i - fraction;
            }
            if (count > MAX_DIGITS) break search;
            if ((byte | 32) === 101 && count > 0) {
              // One or two digits of exponent: far from any overflow.
              byte = bytes[++i]!;
              if (byte === 45 || byte === 43) byte = bytes[++i]!;
              const exponent = i;
              while ((byte ^ 48) < 10) byte = bytes[++i]!;
              if (i === exponent || i - exponent > 2) break search;
            }
          } else if (count > MAX_INTEGER_DIGITS) break search;
          if (byte !== stop || (count === 0 && i !== field)) break search;
        }
        if (i === field && (emptyPasses[column] === 0 || columns === 1)) {
          break search;
        }
        i++;
      }
      if (lineStop === CR && bytes[i++] !== LF) break;
      if (i > lastByte || i - record - 1 > maxRecordBytes) break;
      rows++;
      record = i;
    }
    this.rows = rows;
    return record;
  }
}

/** Whether each of four bytes is a digit. */
function areDigits(word: number): boolean {
  // Digits are 0x30 to 0x39: 0 to 9 after the xor, and adding 6 stays below 16.
  const low = word ^ 0x30303030;
  return ((low | (low + 0x06060606)) & 0xf0f0f0f0) === 0;
}

/** Whether each of four bytes is ASCII and greater than a comma. */
function areAboveComma(word: number): boolean {
  // A byte from 45 to 127 has its highest bit set only after 83 is added.
  return ((word | ~(word + 0x53535353)) & 0x80808080) === 0;
}
