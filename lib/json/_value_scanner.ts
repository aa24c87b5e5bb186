import { INCOMPLETE } from "./_tokens.ts";

const LF = 10;
const QUOTE = 34;
const BACKSLASH = 92;

/** Bytes that mean something outside of strings. */
const MARKS = new Uint8Array(256);
for (const mark of '"{}[]\n') MARKS[mark.charCodeAt(0)] = 1;
/** Bytes that end a number, `true`, `false` or `null`. */
const SCALAR_ENDS = new Uint8Array(256);
for (const end of ',]}" \t\r\n[{:') SCALAR_ENDS[end.charCodeAt(0)] = 1;

/**
 * Finds where a value ends by its brackets and quotes alone; whether it is
 * good JSON is for `JSON.parse` to say.
 */
export class ValueScanner {
  /** Line feeds in the value found last. */
  lines = 0;
  /** Offset after the last of them. */
  lineStart = 0;

  /**
   * @param last Nothing comes after these bytes.
   * @returns The offset after the value, or {@linkcode INCOMPLETE}.
   */
  end(bytes: Uint8Array, start: number, last: boolean): number {
    this.lines = 0;
    const first = bytes[start]!;
    if (first === QUOTE) return afterString(bytes, start);
    if (first !== 123 && first !== 91) {
      let i = start;
      while (i < bytes.length && SCALAR_ENDS[bytes[i]!] === 0) i++;
      return i === bytes.length && !last ? INCOMPLETE : i;
    }
    const end = bytes.length;
    let depth = 0;
    for (let i = start; i < end;) {
      const byte = bytes[i]!;
      if (MARKS[byte] === 0) {
        i++;
      } else if (byte === QUOTE) {
        i = afterString(bytes, i);
        if (i === INCOMPLETE) return INCOMPLETE;
      } else if (byte === LF) {
        this.lines++;
        this.lineStart = ++i;
      } else {
        i++;
        // `[` and `{` have this bit set, `]` and `}` have not.
        if ((byte & 2) !== 0) depth++;
        else if (--depth === 0) return i;
      }
    }
    return INCOMPLETE;
  }
}

function afterString(bytes: Uint8Array, start: number): number {
  const end = bytes.length;
  let i = start + 1;
  while (i < end) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i + 1;
    i += byte === BACKSLASH ? 2 : 1;
  }
  return INCOMPLETE;
}
