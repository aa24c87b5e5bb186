import {
  type CsvValue,
  encodeRows,
  encodeTextArray,
} from "@loophound/toolkit/csv";
import { z } from "zod";
import { defineLoadTask, type LoadRun } from "../../../load_task.ts";
import { tableCounts } from "../../../table_counts.ts";
import { deriveGenes } from "../derive.ts";
import { clearSample } from "../sample.ts";
import { BATCH_BYTES, BATCH_ROWS, isTooLong, NAME_BYTES } from "./_limits.ts";
import { readElements } from "./_read_elements.ts";

const isName = (text: string) => !isTooLong(text, NAME_BYTES);

/** The JSON file has lists, the tab-separated one texts joined by `|`. */
const names = z.union([
  z.array(z.string()),
  z.string().transform((text) => text.split("|")),
]).nullish().transform((list) => [
  ...new Set((list ?? []).map((name) => name.trim()).filter(Boolean)),
]).refine((list) => list.every(isName), "a name is too long");

const geneSchema = z.object({
  hgnc_id: z.string().regex(/^HGNC:\d{1,12}$/, "is no HGNC id like HGNC:9008"),
  symbol: z.string().trim().min(1, "is empty").refine(isName, "is too long"),
  name: z.string().nullish(),
  status: z.string().nullish(),
  locus_group: z.string().nullish(),
  alias_symbol: names,
  prev_symbol: names,
  entrez_id: z.union([z.string(), z.number().transform(String)]).nullish(),
  ensembl_gene_id: z.string().nullish(),
}, "is no object");

async function* geneRows(
  run: LoadRun<unknown>,
  stats: { rows: number },
): AsyncGenerator<CsvValue[], void, void> {
  const genes = readElements(run, {
    path: ["response", "docs"],
    schema: geneSchema,
    counts: stats,
  });
  for await (const { element: gene, text: doc } of genes) {
    yield [
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
      doc,
    ];
  }
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
      batches: encodeRows(geneRows(run, stats), {
        maxBatchRows: BATCH_ROWS,
        maxBatchBytes: BATCH_BYTES,
      }),
    });
    // A dry run reports no names.
    if (!run.input.dryRun) {
      run.doing("naming genes");
      await deriveGenes(run.publication, {
        hgncReplaced: true,
        withoutSample: run.clearingSample,
      });
    }
    return { part: "", counts: tableCounts(stats.rows, counts) };
  },
});
