import { defineLoadTask } from "../../../load_task.ts";
import { tableCounts } from "../../../table_counts.ts";
import { clearSample } from "../sample.ts";
import { hpoReader } from "./_hpo_rows.ts";
import { reportRows } from "./_report_rows.ts";
import { UNKNOWN_SYMBOL } from "./_unknown_symbol.ts";

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
      batches: reportRows(run, { read: hpoReader(), stats }),
    });
    return { part: "", counts: tableCounts(stats.rows, counts) };
  },
});
