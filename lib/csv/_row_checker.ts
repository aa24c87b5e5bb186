import { COMMA, LF, separatorCode } from "./_bytes.ts";
import { BatchBuilder } from "./_batch_builder.ts";
import { appendField, type ColumnCheck, fieldFault } from "./_column_check.ts";
import { FastRun } from "./_fast_run.ts";
import { excerpt, FieldText } from "./_field_text.ts";
import { RecordCursor } from "./_record_cursor.ts";
import type { CheckRowsOptions, CheckRowsStats } from "./check_rows.ts";
import type { RejectionLog, RowBatch } from "./types.ts";
import { type Window, windows } from "./windows.ts";

/** From this length on, a run is given on as it is instead of being copied. */
const PASS_BYTES = 32 * 1024;
/** After so many records in a row that were not plain, it looks less often. */
const PATIENCE = 64;

/** The work of `checkRows()`. */
export class RowChecker {
  readonly stats: CheckRowsStats = {
    rows: 0,
    accepted: 0,
    rejected: 0,
    blankLines: 0,
  };
  readonly #columns: readonly ColumnCheck[];
  readonly #rejections: RejectionLog;
  readonly #separator: number;
  readonly #maxRows: number;
  readonly #maxBytes: number;
  readonly #gatherBytes: number | undefined;
  readonly #cursor: RecordCursor;
  readonly #fast: FastRun | undefined;
  readonly #builder = new BatchBuilder();
  #header: "none" | "skip" | ((fields: string[]) => boolean);
  #misses = 0;

  constructor(options: CheckRowsOptions) {
    const { columns, trim = false, comment = "" } = options;
    const maxRecordBytes = options.maxRecordBytes ?? 1024 * 1024;
    if (columns.length === 0) {
      throw new TypeError("Cannot check rows: there are no columns");
    }
    this.#columns = columns;
    this.#rejections = options.rejections;
    this.#separator = separatorCode(options.separator ?? ",");
    this.#maxRows = Math.max(1, options.maxBatchRows ?? Infinity);
    this.#maxBytes = options.maxBatchBytes ?? 256 * 1024;
    this.#gatherBytes = options.gatherBytes;
    this.#header = options.header ?? "none";
    const shared = { separator: this.#separator, trim, maxRecordBytes };
    this.#cursor = new RecordCursor({
      ...shared,
      quote: options.quote ?? true,
      refuseEndMarker: true,
      skipLines: options.skipLines ?? 0,
      comment,
      startLine: options.startLine ?? 1,
    });
    if (!columns.some((column) => column.omit)) {
      this.#fast = new FastRun({
        ...shared,
        comment: comment === "" ? -1 : new TextEncoder().encode(comment)[0]!,
        columns: columns.map((column) => ({
          type: column.type,
          emptyPasses: !column.required &&
            (column.type !== "text" || column.nullIfEmpty === true),
          maxBytes: column.maxBytes ?? Infinity,
        })),
      });
    }
  }

  async *run(
    chunks: AsyncIterable<Uint8Array>,
  ): AsyncGenerator<RowBatch, void, void> {
    for await (const window of windows(chunks, this.#gatherBytes)) {
      yield* this.#window(window);
    }
    if (this.#builder.rows > 0) yield this.#builder.take();
  }

  *#window(window: Window): Generator<RowBatch, void, void> {
    const cursor = this.#cursor;
    const builder = this.#builder;
    const { bytes } = window;
    cursor.open(window);
    this.#fast?.open(bytes, cursor.lineEnd);
    for (;;) {
      const start = cursor.position;
      const rows = this.#plainRows();
      if (rows > 0) {
        const end = cursor.position;
        const carriageReturns = this.#fast?.carriageReturns ?? false;
        const whole = window.owned && builder.rows === 0 &&
          end === cursor.lineEnd && end - start >= PASS_BYTES &&
          this.#separator === COMMA && !carriageReturns;
        if (whole) {
          window.keep(end);
          yield { bytes: bytes.subarray(start, end), rows };
          return;
        }
        const separator = this.#separator;
        builder.appendRecords(bytes, {
          start,
          end,
          rows,
          separator,
          carriageReturns,
        });
      } else {
        const found = cursor.next();
        this.stats.blankLines = cursor.blankLines;
        if (!found) return;
        if (this.#isHeader(bytes) || !this.#isGood(bytes)) continue;
        if (builder.length + cursor.position - cursor.start > this.#maxBytes) {
          if (builder.rows > 0) yield builder.take();
        }
        this.#append(bytes);
      }
      if (builder.rows >= this.#maxRows || builder.length >= this.#maxBytes) {
        yield builder.take();
      }
    }
  }

  /** Moves past records that can stay as they are, and counts them. */
  #plainRows(): number {
    const fast = this.#fast;
    const cursor = this.#cursor;
    const builder = this.#builder;
    if (
      fast === undefined || !cursor.clean || this.#header !== "none" ||
      cursor.position >= cursor.lineEnd
    ) return 0;
    if (this.#misses >= PATIENCE) {
      // Nothing plain lately (\r\n, quotes everywhere): try now and then.
      this.#misses = this.#misses >= 2 * PATIENCE
        ? PATIENCE - 1
        : this.#misses + 1;
      return 0;
    }
    const end = fast.scan(
      cursor.position,
      this.#maxRows - builder.rows,
      this.#maxBytes - builder.length,
    );
    const { rows } = fast;
    this.#misses = rows === 0 ? this.#misses + 1 : 0;
    cursor.advance(end, rows);
    this.stats.rows += rows;
    this.stats.accepted += rows;
    return rows;
  }

  #isHeader(bytes: Uint8Array): boolean {
    const header = this.#header;
    if (header === "none") return false;
    this.#header = "none";
    if (header === "skip") return true;
    const { start, position, scanner } = this.#cursor;
    return header(
      new FieldText(bytes.subarray(start, position)).fields(scanner, start),
    );
  }

  /** Judges the record just found. */
  #isGood(bytes: Uint8Array): boolean {
    const { scanner } = this.#cursor;
    const columns = this.#columns;
    this.stats.rows++;
    if (scanner.count !== columns.length) {
      // Where the first field too many is, or the first one missing would be.
      const at = scanner.count > columns.length
        ? scanner.starts[columns.length]!
        : scanner.contentEnd;
      this.#reject(bytes, at, "wrong number of fields");
      return false;
    }
    for (let column = 0; column < columns.length; column++) {
      const fault = fieldFault(columns[column]!, bytes, scanner, column);
      if (fault !== undefined) {
        this.#reject(bytes, scanner.starts[column]!, fault);
        return false;
      }
    }
    this.stats.accepted++;
    return true;
  }

  #reject(bytes: Uint8Array, at: number, reason: string): void {
    const cursor = this.#cursor;
    this.stats.rejected++;
    this.#rejections.add({
      line: cursor.line,
      column: cursor.columnOf(at),
      reason,
      text: excerpt(bytes, cursor.start, cursor.scanner.contentEnd),
    });
  }

  #append(bytes: Uint8Array): void {
    const { scanner, start, position } = this.#cursor;
    const builder = this.#builder;
    // Every byte doubled, and two quotes and a comma for each field.
    builder.reserve(2 * (position - start) + 3 * scanner.count + 1);
    let separate = false;
    for (let column = 0; column < scanner.count; column++) {
      const check = this.#columns[column]!;
      if (check.omit) continue;
      if (separate) builder.appendByte(COMMA);
      separate = true;
      appendField(builder, check, bytes, scanner, column);
    }
    builder.appendByte(LF);
    builder.rows++;
  }
}
