import {
  type CsvValue,
  encodeRows,
  type ParsedRecord,
  parseRecords,
  type RowBatch,
} from "@loophound/toolkit/csv";
import type { LoadRun } from "../../../load_task.ts";
import { BATCH_BYTES, BATCH_ROWS } from "./_limits.ts";

/** What a line is: a row for COPY, nothing that counts, or at fault. */
export type Reading =
  | { row: readonly CsvValue[] }
  /** `field` is the index of the field at fault. @default {0} */
  | { reason: string; field?: number }
  | undefined;

const encoder = new TextEncoder();

/** 1-based column in bytes, of fields that nothing was trimmed from. */
function columnOf(fields: readonly string[], field: number): number {
  const before = fields.slice(0, field).join("\t");
  return field === 0 ? 1 : encoder.encode(before).byteLength + 2;
}

/**
 * Reads a tab-separated report, in which quotes are data, line by line.
 *
 * @param run Where the file is, and where faults are told.
 */
export function reportRows(
  run: LoadRun<unknown>,
  { read, stats }: {
    read: (record: ParsedRecord) => Reading;
    stats: { rows: number };
  },
): AsyncIterable<RowBatch> {
  async function* rows() {
    const records = parseRecords(run.open(), {
      separator: "\t",
      quote: false,
      trim: true,
      relaxColumns: true,
      maxRecordBytes: run.input.maxRecordBytes,
    });
    for await (const batch of records) {
      for (const record of batch) {
        const reading = read(record);
        if (reading === undefined) continue;
        stats.rows++;
        if ("row" in reading) {
          yield reading.row;
          continue;
        }
        const { line, fields } = record;
        const column = columnOf(fields, reading.field ?? 0);
        const text = fields.join("\t");
        run.rejections.add({ line, column, reason: reading.reason, text });
      }
    }
  }
  return encodeRows(rows(), {
    maxBatchRows: BATCH_ROWS,
    maxBatchBytes: BATCH_BYTES,
  });
}
