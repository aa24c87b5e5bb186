import {
  createRowWriter,
  floatFault,
  parseRecords,
  type RejectionLog,
  type RowBatch,
} from "@loophound/toolkit/csv";
import { BATCH_ROWS, NAME_BYTES } from "./_limits.ts";

/** Rows of a reader that counts what it finds. */
export interface CountedRows {
  batches: AsyncIterable<RowBatch>;
  /** Final when the batches have been read. */
  stats: { readonly rows: number };
}

/** Options of {@linkcode fractionRows}. */
export interface FractionRowsOptions {
  rejections: RejectionLog;
  maxRecordBytes: number;
}

const encoder = new TextEncoder();

function fault(fields: readonly string[]): [number, string] | undefined {
  if (fields.length !== 2) {
    return [1, `expected 2 fields, found ${fields.length}`];
  }
  const [symbol, value] = fields as [string, string];
  if (symbol === "") return [1, "symbol: required field is empty"];
  if (encoder.encode(symbol).byteLength > NAME_BYTES) {
    return [1, "symbol: text is too long"];
  }
  const column = symbol.length + 2;
  if (value === "") return [column, "value: required field is empty"];
  const bytes = encoder.encode(value);
  const wrong = floatFault(bytes, 0, bytes.byteLength);
  if (wrong !== undefined) return [column, `value: ${wrong}`];
  const number = Number(value);
  return number >= 0 && number <= 1
    ? undefined
    : [column, "value: not a fraction between 0 and 1"];
}

/** Lines `symbol,fraction`: what is no fraction from 0 to 1 is rejected. */
export function fractionRows(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  options: FractionRowsOptions,
): CountedRows {
  const { rejections, maxRecordBytes } = options;
  const stats = { rows: 0 };
  async function* batches() {
    const writer = createRowWriter({ maxBatchRows: BATCH_ROWS });
    const records = parseRecords(chunks, {
      trim: true,
      relaxColumns: true,
      maxRecordBytes,
    });
    for await (const batch of records) {
      for (const { line, fields } of batch) {
        stats.rows++;
        const wrong = fault(fields);
        if (wrong !== undefined) {
          const [column, reason] = wrong;
          rejections.add({ line, column, reason, text: fields.join(",") });
          continue;
        }
        const full = writer.write(fields);
        if (full !== undefined) yield full;
      }
    }
    const last = writer.flush();
    if (last !== undefined) yield last;
  }
  return { batches: batches(), stats };
}
