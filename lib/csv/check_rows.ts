import type { ColumnCheck } from "./_column_check.ts";
import { RowChecker } from "./_row_checker.ts";
import type { RejectionLog, RowBatch } from "./types.ts";

/** Options of {@linkcode checkRows}. */
export interface CheckRowsOptions {
  /** What each field must be, in order; a record has exactly so many fields. */
  columns: readonly ColumnCheck[];
  /** Where refused rows are told. */
  rejections: RejectionLog;
  /**
   * One ASCII character.
   *
   * @default {","}
   */
  separator?: string;
  /**
   * Fields may be quoted with `"`. With `false` a `"` is data like any other,
   * as in most tab-separated files.
   *
   * @default {true}
   */
  quote?: boolean;
  /**
   * Takes spaces and tabs away around every value, in quotes or not.
   *
   * @default {false}
   */
  trim?: boolean;
  /**
   * Lines left out at the start, unchecked.
   *
   * @default {0}
   */
  skipLines?: number;
  /**
   * Lines that start with this text are left out, unchecked.
   *
   * @default {""}
   */
  comment?: string;
  /**
   * `skip` leaves the first record out; a function is given its fields and
   * says whether it is a header to be left out.
   *
   * @default {"none"}
   */
  header?: "none" | "skip" | ((fields: string[]) => boolean);
  /**
   * A longer record is a fault of the file, bytes.
   *
   * @default {1_048_576}
   */
  maxRecordBytes?: number;
  /**
   * Rows of one batch.
   *
   * @default {Infinity}
   */
  maxBatchRows?: number;
  /**
   * About how long a batch is, bytes; a single longer record still passes.
   *
   * @default {262_144}
   */
  maxBatchBytes?: number;
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

/** How many rows there were; final when the batches have been read. */
export interface CheckRowsStats {
  /** Records found, without header, comments and blank lines. */
  rows: number;
  /** Rows that are in the batches. */
  accepted: number;
  /** Rows that were refused. */
  rejected: number;
  /** Lines with nothing on them; they are no rows. */
  blankLines: number;
}

/** What {@linkcode checkRows} gives. */
export interface CheckedRows {
  /**
   * The accepted rows as `COPY … (FORMAT csv)` takes them. Each batch has a
   * buffer that nobody else uses: it may be transferred to another thread.
   */
  batches: AsyncIterable<RowBatch>;
  /** Counts so far. */
  stats: Readonly<CheckRowsStats>;
}

/**
 * Checks delimited text byte by byte and makes of it what
 * `COPY … (FORMAT csv)` takes exactly: comma separated, `\n` ended, quoted
 * only where needed. Files that already are like that pass through untouched.
 *
 * A fault in the structure ends it with a {@linkcode FormatError}: a quote
 * that is never closed, in mid-field, or with text behind it; a NUL byte;
 * bytes that are no UTF-8; a carriage return without a line feed; a line `\.`
 * alone; a record that is too long. A fault in a value only rejects its row:
 * a wrong number of fields, an empty required field, no number or not a
 * finite one, a text that is too long.
 *
 * Both `\n` and `\r\n` end a line. Blank lines are skipped and are no rows;
 * with `trim`, so are lines of spaces and tabs.
 *
 * Measured in one thread, per second of CPU, on `symbol,float` lines: 460 MB
 * of plain ones, 270 with tabs, 160 with `\r\n`, 130 with a quoted field.
 *
 * @param chunks The decompressed bytes, cut anywhere.
 * @returns The batches, and counts that are final once those have been read.
 * @throws {TypeError} The separator cannot be used, or there are no columns.
 *
 * @example Usage
 * ```ts
 * import { checkRows, createRejectionLog } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const file = new Blob(["PKD1,3.5\nPKD2,NaN\n\"A,B\",1e-3\n"]);
 * const rejections = createRejectionLog();
 * const { batches, stats } = checkRows(file.stream(), {
 *   columns: [{ type: "text", required: true }, { type: "float" }],
 *   rejections,
 * });
 *
 * let copy = "";
 * for await (const batch of batches) {
 *   copy += new TextDecoder().decode(batch.bytes);
 * }
 * assert.equal(copy, "PKD1,3.5\n\"A,B\",1e-3\n");
 * assert.equal(stats.accepted, 2);
 * assert.deepEqual(rejections.summary(), [{
 *   reason: "not a finite number",
 *   count: 1,
 *   examples: [{ line: 2, column: 6, text: "PKD2,NaN" }],
 * }]);
 * ```
 */
export function checkRows(
  chunks: AsyncIterable<Uint8Array>,
  options: CheckRowsOptions,
): CheckedRows {
  const checker = new RowChecker(options);
  return { batches: checker.run(chunks), stats: checker.stats };
}
