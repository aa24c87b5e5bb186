/** Where in a file a fault is: 1-based, `column` in bytes. */
export interface FilePosition {
  line?: number | undefined;
  column?: number | undefined;
}

/**
 * The file is not what it should be, in a way that makes the rest of it
 * unreadable: a quote that is never closed, bytes that are no text, a damaged
 * gzip. The whole load fails; a single bad value is a
 * {@linkcode import("./types.ts").Rejection} instead.
 *
 * @example Usage
 * ```ts
 * import { FormatError } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const error = new FormatError("quote is never closed", { line: 12, column: 5 });
 * assert.equal(error.message, "line 12, column 5: quote is never closed");
 * assert.equal(error.line, 12);
 * assert.equal(error.detail, "quote is never closed");
 * ```
 */
export class FormatError extends Error {
  override readonly name = "FormatError";
  /** The message without the position. */
  readonly detail: string;
  /** 1-based physical line of the (decompressed) file, where one is known. */
  readonly line: number | undefined;
  /** 1-based column in bytes, where one is known. */
  readonly column: number | undefined;

  constructor(detail: string, at: FilePosition = {}, options?: ErrorOptions) {
    super(`${positionPrefix(at)}${detail}`, options);
    this.detail = detail;
    this.line = at.line;
    this.column = at.column;
  }
}

function positionPrefix({ line, column }: FilePosition): string {
  if (line === undefined) return "";
  return column === undefined
    ? `line ${line}: `
    : `line ${line}, column ${column}: `;
}
