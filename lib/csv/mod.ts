/**
 * Delimited text as a stream, strictly: open it (gzip or not), check it byte
 * by byte for PostgreSQL's COPY, parse it, write it. Everything takes and
 * gives async iterables, in memory that does not grow with the file; the work
 * itself is synchronous and belongs in a thread.
 *
 * Two kinds of fault are kept apart. A value that is wrong rejects its row,
 * which is counted in a {@linkcode RejectionLog} with line, column and reason.
 * A fault in the structure makes the rest of the file unreadable and throws a
 * {@linkcode FormatError} with line and column.
 *
 * @example Check a file for COPY
 * ```ts
 * import { checkRows, createRejectionLog, openBytes } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "PKD1,3.5\nPKD2,n/a\n");
 *
 * const rejections = createRejectionLog();
 * const { batches, stats } = checkRows(openBytes(path), {
 *   columns: [{ type: "text", required: true }, { type: "float" }],
 *   rejections,
 * });
 * for await (const { bytes } of batches) {
 *   assert.equal(new TextDecoder().decode(bytes), "PKD1,3.5\n"); // to COPY
 * }
 * assert.deepEqual(stats, { rows: 2, accepted: 1, rejected: 1, blankLines: 0 });
 * await Deno.remove(path);
 * ```
 *
 * @module
 */
export {
  type CheckedRows,
  checkRows,
  type CheckRowsOptions,
  type CheckRowsStats,
} from "./check_rows.ts";
export type { ColumnCheck } from "./_column_check.ts";
export { type FilePosition, FormatError } from "./format_error.ts";
export { type Line, lines, type LinesOptions, splitFields } from "./lines.ts";
export {
  floatFault,
  integerFault,
  isFiniteNumber,
  type NumberFault,
} from "./numbers.ts";
export { openBytes, type OpenBytesOptions } from "./open_bytes.ts";
export type { ByteSource } from "./_source.ts";
export {
  type ParsedRecord,
  parseRecords,
  type ParseRecordsOptions,
} from "./parse_records.ts";
export { createRejectionLog } from "./rejections.ts";
export {
  createRowWriter,
  encodeRows,
  type RowWriter,
  type RowWriterOptions,
} from "./row_writer.ts";
export { sniff, type Sniffed } from "./sniff.ts";
export {
  csvLine,
  type CsvValue,
  encodeRecord,
  encodeTextArray,
} from "./write.ts";
export type {
  Rejection,
  RejectionLog,
  RejectionSummary,
  RowBatch,
} from "./types.ts";
export { findInvalidUtf8 } from "./_bytes.ts";
export { Window, windows } from "./windows.ts";
