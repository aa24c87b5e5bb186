import {
  createRowWriter,
  FormatError,
  parseRecords,
  type RowBatch,
} from "@loophound/toolkit/csv";
import { defineLoadTask, type LoadRun } from "../../../load_task.ts";
import { tableCounts } from "../../../table_counts.ts";
import { clearSample } from "../sample.ts";
import { BATCH_ROWS, NAME_BYTES, TEXT_BYTES } from "./_limits.ts";
import { UNKNOWN_SYMBOL } from "./_unknown_symbol.ts";

/** Columns by name, in the order of current releases. */
const CURRENT = [
  "ncbi_gene_id",
  "gene_symbol",
  "hpo_id",
  "hpo_name",
  "frequency",
  "disease_id",
] as const;
type Column = typeof CURRENT[number];

/** Names that older headers have for the same. */
const OTHER_NAMES: Readonly<Record<string, Column>> = {
  "entrez-gene-id": "ncbi_gene_id",
  "entrez-gene-symbol": "gene_symbol",
  "hpo-term-id": "hpo_id",
  "hpo-term-name": "hpo_name",
  "frequency-hpo": "frequency",
  "disease-id for link": "disease_id",
};

function isHeader(fields: readonly string[]): boolean {
  const first = fields[0]?.replace(/^#/, "").trim().toLowerCase();
  return first === "ncbi_gene_id" || first === "format: entrez-gene-id" ||
    first === "entrez-gene-id";
}

/** Where each column stands; -1: not there. */
function positions(header: readonly string[], line: number) {
  const names = header.map((name) => {
    const plain = name.replace(/^#/, "").replace(/^format:\s*/i, "").trim()
      .toLowerCase();
    return OTHER_NAMES[plain] ?? plain;
  });
  const at = Object.fromEntries(
    CURRENT.map((column) => [column, names.indexOf(column)]),
  ) as Record<Column, number>;
  for (const column of ["gene_symbol", "hpo_id"] as const) {
    if (at[column] < 0) {
      throw new FormatError(`the header has no column ${column}`, { line });
    }
  }
  return at;
}

const encoder = new TextEncoder();
const tooLong = (text: string, max: number) =>
  text.length > max || encoder.encode(text).byteLength > max;

function fault(row: Record<Column, string>): string | undefined {
  if (row.gene_symbol === "" || row.gene_symbol === "-") {
    return "gene_symbol: required field is empty";
  }
  if (tooLong(row.gene_symbol, NAME_BYTES)) return "gene_symbol: too long";
  if (!/^HP:\d+$/.test(row.hpo_id)) return "hpo_id: is no HPO id";
  if (tooLong(row.disease_id, TEXT_BYTES)) return "disease_id: too long";
  return undefined;
}

async function* rowsOf(
  run: LoadRun<unknown>,
  stats: { rows: number },
): AsyncGenerator<RowBatch> {
  const writer = createRowWriter({
    maxBatchRows: BATCH_ROWS,
    maxBatchBytes: 128 * 1024,
  });
  let at = Object.fromEntries(
    CURRENT.map((column, index) => [column, index]),
  ) as Record<Column, number>;
  let width: number = CURRENT.length;
  let first = true;
  const records = parseRecords(run.open(), {
    separator: "\t",
    quote: false,
    relaxColumns: true,
    trim: true,
    maxRecordBytes: run.input.maxRecordBytes,
  });
  for await (const batch of records) {
    for (const { line, fields } of batch) {
      if (isHeader(fields)) {
        if (!first) {
          throw new FormatError("a second header", { line });
        }
        first = false;
        at = positions(fields, line);
        width = fields.length;
        continue;
      }
      if (fields[0]?.startsWith("#")) continue;
      first = false;
      stats.rows++;
      const row = Object.fromEntries(
        CURRENT.map((column) => [column, fields[at[column]] ?? ""]),
      ) as Record<Column, string>;
      const wrong = fields.length === width
        ? fault(row)
        : `expected ${width} fields, found ${fields.length}`;
      if (wrong !== undefined) {
        const text = fields.join("\t").slice(0, 200);
        run.rejections.add({ line, column: 1, reason: wrong, text });
        continue;
      }
      const full = writer.write([
        row.gene_symbol,
        row.hpo_id,
        row.hpo_name,
        row.disease_id,
        row.frequency === "" || row.frequency === "-" ? null : row.frequency,
        row.ncbi_gene_id === "" ? null : row.ncbi_gene_id,
      ]);
      if (full !== undefined) yield full;
    }
  }
  const last = writer.flush();
  if (last !== undefined) yield last;
}

/** Loads the phenotypes of genes. */
export const loadHpo = defineLoadTask<Record<string, unknown>>({
  name: "load_hpo",
  module: import.meta.url,
  version: 1,
  clearSample,
  async load(run) {
    const stats = { rows: 0 };
    const counts = await run.publication.loadTable({
      table: "hpo",
      columns: [
        "symbol",
        "hpo_id",
        "hpo_name",
        "disease_id",
        "frequency",
        "ncbi_gene_id",
      ].map((name) => ({ name, type: 'text collate "C"' })),
      key: ["symbol", "hpo_id", "disease_id"],
      unresolved: UNKNOWN_SYMBOL,
      batches: rowsOf(run, stats),
    });
    return { part: "", counts: tableCounts(stats.rows, counts) };
  },
});
