import { checkRows, type ColumnCheck } from "@loophound/toolkit/csv";
import { defineLoadTask, type LoadRun } from "../../../load_task.ts";
import { tableCounts } from "../../../table_counts.ts";
import { clearSample } from "../sample.ts";
import { type CountedRows, fractionRows } from "./_fraction_rows.ts";
import { BATCH_ROWS, NAME_BYTES } from "./_limits.ts";
import { UNKNOWN_SYMBOL } from "./_unknown_symbol.ts";

/** The source's own fields. */
export interface DescartesFields {
  part: "tpm" | "percentage";
}

const COLUMNS: readonly ColumnCheck[] = [
  { type: "text", name: "symbol", required: true, maxBytes: NAME_BYTES },
  { type: "float", name: "value", required: true },
];

function read(run: LoadRun<DescartesFields>): CountedRows {
  const { input, rejections, publication } = run;
  const embedded = publication.connection.mode === "embedded";
  const options = {
    columns: COLUMNS,
    rejections,
    trim: true,
    maxRecordBytes: input.maxRecordBytes,
    ...(embedded ? { maxBatchRows: BATCH_ROWS } : {}),
  };
  return input.fields.part === "tpm"
    ? checkRows(run.open(), options)
    : fractionRows(run.open(), {
      rejections,
      maxRecordBytes: input.maxRecordBytes,
    });
}

/** Loads one of the two files; the last line of a symbol counts. */
export const loadDescartes = defineLoadTask<DescartesFields>({
  name: "load_descartes",
  module: import.meta.url,
  version: 1,
  clearSample,
  async load(run) {
    const { part } = run.input.fields;
    const { batches, stats } = read(run);
    const counts = await run.publication.loadTable({
      table: `descartes_${part}`,
      columns: [
        { name: "symbol", type: 'text collate "C"' },
        { name: "value", type: "double precision" },
      ],
      key: ["symbol"],
      unresolved: UNKNOWN_SYMBOL,
      batches,
    });
    return { part, counts: tableCounts(stats.rows, counts) };
  },
});
