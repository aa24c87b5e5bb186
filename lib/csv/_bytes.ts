import { isUtf8 } from "node:buffer";

/** The ASCII codes that the scanners name. */
export const NUL = 0;
export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const QUOTE = 34;
export const COMMA = 44;
export const DOT = 46;
export const BACKSLASH = 92;

/** Spaces and tabs: what trimming takes away. */
export function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

/** Length of the UTF-8 sequence at `at`, or 0 if there is no valid one. */
function sequenceLength(bytes: Uint8Array, at: number, end: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return 1;
  // 0xC0 and 0xC1 would be overlong; above 0xF4 lies beyond U+10FFFF.
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  const second = bytes[at + 1]!;
  // Overlong forms, UTF-16 surrogates and code points beyond U+10FFFF.
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = at + 2; i < at + length; i++) {
    if ((bytes[i]! & 0xc0) !== 0x80) return 0;
  }
  return length;
}

/**
 * Finds the first byte that is no UTF-8.
 *
 * @param bytes The bytes to be checked.
 * @param start Offset of the first one.
 * @param end Offset after the last one.
 * @returns The offset of the first invalid or incomplete sequence, or -1.
 */
export function findInvalidUtf8(
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  // The native check runs at 6 GB/s; the loop only looks for the place.
  if (isUtf8(bytes.subarray(start, end))) return -1;
  for (let at = start; at < end;) {
    const length = sequenceLength(bytes, at, end);
    if (length === 0) return at;
    at += length;
  }
  return -1;
}

/** The line and column of `offset`, for text whose line `line` starts at `start`. */
export function positionOf(
  bytes: Uint8Array,
  offset: number,
  from: { start: number; line: number },
): { line: number; column: number } {
  let line = from.line;
  let lineStart = from.start;
  for (;;) {
    const at = bytes.indexOf(LF, lineStart);
    if (at < 0 || at >= offset) break;
    line++;
    lineStart = at + 1;
  }
  return { line, column: offset - lineStart + 1 };
}

/** The code of an ASCII character that may separate fields. */
export function separatorCode(separator: string): number {
  const code = separator.charCodeAt(0);
  const usable = separator.length === 1 && code > NUL && code < 0x80 &&
    code !== LF && code !== CR && code !== QUOTE;
  if (!usable) {
    throw new TypeError(
      `Cannot use separator ${
        JSON.stringify(separator)
      }: it must be one ASCII character other than a quote or a line end`,
    );
  }
  return code;
}
