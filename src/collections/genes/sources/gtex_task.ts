import { defineLoadTask } from "../../../load_task.ts";
import { tableCounts } from "../../../table_counts.ts";
import { clearSample } from "../sample.ts";
import { readGct } from "./_gct.ts";
import { UNKNOWN_SYMBOL } from "./_unknown_symbol.ts";

/** Loads median expression by tissue; the last line of a symbol counts. */
export const loadGtex = defineLoadTask<Record<string, unknown>>({
  name: "load_gtex",
  module: import.meta.url,
  version: 1,
  clearSample,
  async load(run) {
    const gct = readGct(run.open(), {
      rejections: run.rejections,
      maxLineBytes: run.input.maxRecordBytes,
    });
    const counts = await run.publication.loadTable({
      table: "gtex",
      columns: [
        { name: "gencode_id", type: 'text collate "C"' },
        { name: "symbol", type: 'text collate "C"' },
        { name: "tpm", type: "double precision[]" },
      ],
      key: ["symbol"],
      unresolved: UNKNOWN_SYMBOL,
      batches: gct.batches,
    });
    return {
      part: "",
      counts: tableCounts(gct.found.rows, counts),
      meta: { tissues: gct.found.tissues },
    };
  },
});
