import {
  createRowWriter,
  floatFault,
  FormatError,
  parseRecords,
  type RejectionLog,
  type RowBatch,
} from "@loophound/toolkit/csv";
import { BATCH_ROWS, isTooLong, NAME_BYTES } from "./_limits.ts";

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
/** What nearly all fractions look like: no need to look closer. */
const PLAIN = /^(?:0|1|0?\.[0-9]{1,200}|1\.0{1,200})$/;

function byteLength(text: string): number {
  return encoder.encode(text).byteLength;
}

function numberFault(value: string): string | undefined {
  if (PLAIN.test(value)) return undefined;
  if (value === "") return "value: required field is empty";
  const bytes = encoder.encode(value);
  const wrong = floatFault(bytes, 0, bytes.byteLength);
  if (wrong !== undefined) return `value: ${wrong}`;
  const number = Number(value);
  return number >= 0 && number <= 1
    ? undefined
    : "value: not a fraction between 0 and 1";
}

/** What is wrong, and in which column of the line if nothing is quoted. */
function fault(fields: readonly string[]): [number, string] | undefined {
  const [symbol = "", value = ""] = fields;
  if (fields.length !== 2) {
    const found = byteLength(fields.slice(0, 2).join(","));
    return [found + (fields.length > 2 ? 2 : 1), "wrong number of fields"];
  }
  if (symbol === "") return [1, "symbol: required field is empty"];
  if (isTooLong(symbol, NAME_BYTES)) return [1, "symbol: text is too long"];
  const wrong = numberFault(value);
  return wrong === undefined ? undefined : [byteLength(symbol) + 2, wrong];
}

/**
 * Lines `symbol,fraction`: what is no fraction from 0 to 1 is rejected. All
 * faults are told as `checkRows`, which knows no ranges, tells those of the
 * TPM file.
 */
export function fractionRows(
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  options: FractionRowsOptions,
): CountedRows {
  const { rejections, maxRecordBytes } = options;
  const stats = { rows: 0 };
  async function* batches(): AsyncGenerator<RowBatch> {
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
          if (fields.length === 1 && fields[0] === "\\.") {
            throw new FormatError(
              "the line is \\. alone, which would end the data for PostgreSQL",
              { line, column: 1 },
            );
          }
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
