import { encodeRows, type RowBatch } from "@loophound/toolkit/csv";
import { jsonElements } from "@loophound/toolkit/json";
import {
  defineLoadTask,
  type LoadResult,
  type LoadRun,
} from "../../../load_task.ts";
import { tableCounts } from "../../../table_counts.ts";
import { clearSample } from "../sample.ts";
import { readOrtholog, readPhenotype, reportRows } from "./_mgi_rows.ts";
import { BATCH_ROWS } from "./_limits.ts";

/** The source's own fields. */
export interface MgiFields {
  part: "orthologs" | "phenotypes" | "terms";
  mp_ids?: string[] | undefined;
}

const text = (name: string) => ({ name, type: 'text collate "C"' });

async function* termRows(
  run: LoadRun<unknown>,
  stats: { rows: number },
): AsyncGenerator<string[]> {
  const elements = jsonElements(run.open(), {
    maxElementBytes: run.input.maxRecordBytes,
  });
  for await (const batch of elements) {
    for (const { line, column, value } of batch) {
      stats.rows++;
      if (typeof value === "string" && /^MP:\d+$/.test(value)) {
        yield [value];
        continue;
      }
      run.rejections.add({
        line,
        column,
        reason: "is no MP id like MP:0005367",
        text: (JSON.stringify(value) ?? "").slice(0, 200),
      });
    }
  }
}

async function loadTerms(
  run: LoadRun<unknown>,
  batches: AsyncIterable<RowBatch>,
) {
  return await run.publication.loadTable({
    table: "mgi_terms",
    columns: [text("mp_id")],
    key: ["mp_id"],
    batches,
  });
}

async function orthologs(run: LoadRun<MgiFields>): Promise<LoadResult> {
  const stats = { rows: 0 };
  const counts = await run.publication.loadTable({
    table: "mgi_orthologs",
    columns: ["symbol", "mgi_id", "mouse_symbol", "entrez_id"].map(text),
    key: ["symbol", "mgi_id"],
    unresolved: "not exists (select from gene_names n where n.name = r.symbol)",
    batches: reportRows(run, { read: readOrtholog, stats }),
  });
  return { part: "orthologs", counts: tableCounts(stats.rows, counts) };
}

async function phenotypes(run: LoadRun<MgiFields>): Promise<LoadResult> {
  const stats = { rows: 0 };
  const counts = await run.publication.loadTable({
    table: "mgi_phenotypes",
    columns: [
      "mgi_id",
      "allelic_composition",
      "background",
      "mp_id",
      "zygosity",
    ].map(text),
    key: ["mgi_id", "allelic_composition", "background", "mp_id"],
    batches: reportRows(run, { read: readPhenotype, stats }),
  });
  const { mp_ids } = run.input.fields;
  if (mp_ids !== undefined) {
    await loadTerms(run, encodeRows(mp_ids.map((id) => [id])));
  }
  return { part: "phenotypes", counts: tableCounts(stats.rows, counts) };
}

async function terms(run: LoadRun<MgiFields>): Promise<LoadResult> {
  const stats = { rows: 0 };
  const counts = await loadTerms(
    run,
    encodeRows(termRows(run, stats), { maxBatchRows: BATCH_ROWS }),
  );
  return { part: "terms", counts: tableCounts(stats.rows, counts) };
}

/** Loads one of the three files of mouse orthologs and phenotypes. */
export const loadMgi = defineLoadTask<MgiFields>({
  name: "load_mgi",
  module: import.meta.url,
  version: 1,
  clearSample,
  load(run) {
    switch (run.input.fields.part) {
      case "orthologs":
        return orthologs(run);
      case "phenotypes":
        return phenotypes(run);
      case "terms":
        return terms(run);
    }
  },
});
