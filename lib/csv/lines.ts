import { CR, findInvalidUtf8, LF, NUL, positionOf } from "./_bytes.ts";
import { windows } from "./windows.ts";
import { FormatError } from "./format_error.ts";

/** Options of {@linkcode lines}. */
export interface LinesOptions {
  /**
   * A longer line is a fault, bytes.
   *
   * @default {1_048_576}
   */
  maxLineBytes?: number;
  /**
   * Number of the first line.
   *
   * @default {1}
   */
  startLine?: number;
  /**
   * Small chunks are gathered until there are so many bytes to look at.
   *
   * @default {65_536}
   */
  gatherBytes?: number;
}

/** A line without its end. */
export interface Line {
  /** 1-based. */
  line: number;
  /** A view of what was read; it stays as it is. */
  bytes: Uint8Array;
}

/**
 * Splits bytes into lines, for formats that are not plain tables (GCT). All
 * lines are UTF-8 without NUL; `\n` and `\r\n` end them. An empty last line is
 * not given.
 *
 * @param chunks The decompressed bytes, cut anywhere.
 * @returns The lines, in batches of what was read at once.
 * @throws {FormatError} While being read: a line is too long or not text.
 *
 * @example Usage
 * ```ts
 * import { lines, splitFields } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const file = new Blob(["#1.2\n1\t2\n"]);
 * const found: [number, number][] = [];
 * for await (const batch of lines(file.stream())) {
 *   for (const { line, bytes } of batch) {
 *     found.push([line, splitFields(bytes, 0, bytes.length, "\t").length / 2]);
 *   }
 * }
 * assert.deepEqual(found, [[1, 1], [2, 2]]);
 * ```
 */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  options: LinesOptions = {},
): AsyncGenerator<Line[], void, void> {
  const { maxLineBytes = 1024 * 1024 } = options;
  let line = options.startLine ?? 1;
  for await (const window of windows(chunks, options.gatherBytes)) {
    const { bytes, last } = window;
    const whole = last ? bytes.length : bytes.lastIndexOf(LF) + 1;
    const bad = firstFault(bytes, whole);
    const batch: Line[] = [];
    let fault: FormatError | undefined;
    let start = 0;
    while (start < whole) {
      const lineFeed = bytes.indexOf(LF, start);
      const next = lineFeed < 0 ? bytes.length : lineFeed + 1;
      let end = lineFeed < 0 ? bytes.length : lineFeed;
      if (lineFeed > start && bytes[end - 1] === CR) end--;
      if (end - start > maxLineBytes) {
        fault = tooLong(line, maxLineBytes);
      } else if (bad !== undefined && bad.offset < next) {
        fault = new FormatError(
          bad.detail,
          positionOf(bytes, bad.offset, { start, line }),
        );
      }
      if (fault !== undefined) break;
      batch.push({ line: line++, bytes: bytes.subarray(start, end) });
      start = next;
    }
    if (bytes.length - start > maxLineBytes + 1) {
      fault ??= tooLong(line, maxLineBytes);
    }
    window.keep(start);
    if (batch.length > 0) yield batch;
    if (fault !== undefined) throw fault;
  }
}

function tooLong(line: number, maxLineBytes: number): FormatError {
  return new FormatError(
    `the line is longer than ${maxLineBytes} bytes`,
    { line, column: maxLineBytes + 1 },
  );
}

/** The first byte that is no text, if there is one. */
function firstFault(
  bytes: Uint8Array,
  end: number,
): { offset: number; detail: string } | undefined {
  const nul = bytes.subarray(0, end).indexOf(NUL);
  const invalid = findInvalidUtf8(bytes, 0, nul < 0 ? end : nul);
  if (invalid >= 0) {
    return {
      offset: invalid,
      detail: `byte 0x${
        bytes[invalid]!.toString(16)
      } is not valid UTF-8; save the file as UTF-8`,
    };
  }
  return nul < 0 ? undefined : { offset: nul, detail: "NUL byte" };
}

/**
 * Splits a line at every separator; nothing is quoted.
 *
 * @param bytes The bytes that hold the line.
 * @param start Offset of its first byte.
 * @param end Offset after its last byte.
 * @param separator One ASCII character.
 * @returns The start and end offset of each field, in a row:
 *   `[start0, end0, start1, end1, …]`.
 *
 * @example Usage
 * ```ts
 * import { splitFields } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const bytes = new TextEncoder().encode("a\t\tbc");
 * assert.deepEqual(splitFields(bytes, 0, 5, "\t"), [0, 1, 2, 2, 3, 5]);
 * ```
 */
export function splitFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  separator: string,
): number[] {
  const code = separator.charCodeAt(0);
  const bounds = [start];
  for (let i = start; i < end; i++) {
    if (bytes[i] === code) bounds.push(i, i + 1);
  }
  bounds.push(end);
  return bounds;
}
