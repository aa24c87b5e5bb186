import {
  createRowWriter,
  encodeTextArray,
  type RowBatch,
} from "@loophound/toolkit/csv";
import { jsonElements } from "@loophound/toolkit/json";
import { z } from "zod";
import { defineLoadTask, type LoadRun } from "../../../load_task.ts";
import { tableCounts } from "../../../table_counts.ts";
import { deriveGenes } from "../derive.ts";
import { clearSample } from "../sample.ts";
import { BATCH_ROWS, NAME_BYTES } from "./_limits.ts";

/** Newer releases have lists, older ones texts joined by `|`. */
const names = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split("|")),
]).nullish().transform((list) => [
  ...new Set((list ?? []).map((name) => name.trim()).filter(Boolean)),
]);

const doc = z.looseObject({
  hgnc_id: z.string().regex(/^HGNC:\d+$/, "is no HGNC id like HGNC:9008"),
  symbol: z.string().trim().min(1).max(NAME_BYTES),
  name: z.string().nullish(),
  status: z.string().nullish(),
  locus_group: z.string().nullish(),
  alias_symbol: names,
  prev_symbol: names,
  entrez_id: z.union([z.string(), z.number().transform(String)]).nullish(),
  ensembl_gene_id: z.string().nullish(),
});

async function* rowsOf(
  run: LoadRun<unknown>,
  stats: { rows: number },
): AsyncGenerator<RowBatch> {
  const writer = createRowWriter({
    maxBatchRows: BATCH_ROWS,
    maxBatchBytes: 128 * 1024,
  });
  const elements = jsonElements(run.open(), {
    path: ["response", "docs"],
    maxElementBytes: run.input.maxRecordBytes,
  });
  for await (const batch of elements) {
    for (const { line, column, value } of batch) {
      stats.rows++;
      const text = JSON.stringify(value) ?? "";
      const result = doc.safeParse(value);
      if (!result.success || text.includes("\\u0000")) {
        const issue = result.error?.issues[0];
        run.rejections.add({
          line,
          column,
          reason: issue === undefined
            ? "holds a NUL character"
            : `${issue.path.join(".") || "entry"}: ${issue.message}`,
          text: text.slice(0, 200),
        });
        continue;
      }
      const gene = result.data;
      const full = writer.write([
        gene.hgnc_id,
        gene.symbol,
        gene.name ?? null,
        // Lists without a status are of approved genes only.
        gene.status ?? "Approved",
        gene.locus_group ?? null,
        encodeTextArray(gene.alias_symbol),
        encodeTextArray(gene.prev_symbol),
        gene.entrez_id ?? null,
        gene.ensembl_gene_id ?? null,
        text,
      ]);
      if (full !== undefined) yield full;
    }
  }
  const last = writer.flush();
  if (last !== undefined) yield last;
}

const TEXT = 'text collate "C"';

/** Loads the complete set: names, and what else HGNC says of each gene. */
export const loadHgnc = defineLoadTask<Record<string, unknown>>({
  name: "load_hgnc",
  module: import.meta.url,
  version: 1,
  clearSample,
  async load(run) {
    const stats = { rows: 0 };
    const counts = await run.publication.loadTable({
      table: "hgnc",
      columns: [
        { name: "hgnc_id", type: TEXT },
        { name: "symbol", type: TEXT },
        { name: "name", type: TEXT },
        { name: "status", type: TEXT },
        { name: "locus_group", type: TEXT },
        { name: "alias_symbols", type: 'text[] collate "C"' },
        { name: "prev_symbols", type: 'text[] collate "C"' },
        { name: "entrez_id", type: TEXT },
        { name: "ensembl_gene_id", type: TEXT },
        { name: "doc", type: "jsonb" },
      ],
      key: ["hgnc_id"],
      batches: rowsOf(run, stats),
    });
    run.doing("naming genes");
    await deriveGenes(run.publication, {
      hgncReplaced: true,
      withoutSample: run.clearingSample,
    });
    return { part: "", counts: tableCounts(stats.rows, counts) };
  },
});
