import {
  type CsvValue,
  encodeRows,
  type RowBatch,
} from "@loophound/toolkit/csv";
import { jsonElements } from "@loophound/toolkit/json";
import type { SqlStatement, TableLoadCounts } from "@loophound/toolkit/sql";
import {
  defineLoadTask,
  type LoadResult,
  type LoadRun,
} from "../../../load_task.ts";
import { tableCounts } from "../../../table_counts.ts";
import { clearSample } from "../sample.ts";
import { jsonExcerpt } from "./_json_text.ts";
import { BATCH_ROWS } from "./_limits.ts";
import { MP_ID, readOrtholog, readPhenotype } from "./_mgi_rows.ts";
import { reportRows } from "./_report_rows.ts";
import { UNKNOWN_SYMBOL } from "./_unknown_symbol.ts";

/** The source's own fields. */
export interface MgiFields {
  part: "orthologs" | "phenotypes" | "terms";
  mp_ids?: string[] | undefined;
}

const text = (name: string) => ({ name, type: 'text collate "C"' });

async function orthologs(run: LoadRun<MgiFields>): Promise<LoadResult> {
  const stats = { rows: 0 };
  const counts = await run.publication.loadTable({
    table: "mgi_orthologs",
    columns: ["symbol", "mgi_id", "mouse_symbol", "entrez_id"].map(text),
    key: ["symbol", "mgi_id"],
    unresolved: UNKNOWN_SYMBOL,
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
    unresolved:
      "not exists (select from mgi_orthologs o where o.mgi_id = r.mgi_id)",
    batches: reportRows(run, { read: readPhenotype, stats }),
  });
  const result = {
    part: "phenotypes",
    counts: tableCounts(stats.rows, counts),
  };
  const { mp_ids } = run.input.fields;
  if (mp_ids === undefined) return result;
  await replaceTerms(run, encodeRows(mp_ids.map((id) => [id])));
  return {
    ...result,
    meta: { mp_ids: mp_ids.length },
    statements: [termsFromPhenotypes(run)],
  };
}

async function terms(run: LoadRun<MgiFields>): Promise<LoadResult> {
  const stats = { rows: 0 };
  const counts = await replaceTerms(
    run,
    encodeRows(termRows(run, stats), { maxBatchRows: BATCH_ROWS }),
  );
  return {
    part: "terms",
    counts: tableCounts(stats.rows, counts),
    statements: [FORGET_PHENOTYPES_WITH_TERMS],
  };
}

function replaceTerms(
  run: LoadRun<unknown>,
  batches: AsyncIterable<RowBatch>,
): Promise<TableLoadCounts> {
  return run.publication.loadTable({
    table: "mgi_terms",
    columns: [text("mp_id")],
    key: ["mp_id"],
    batches,
  });
}

async function* termRows(
  run: LoadRun<unknown>,
  stats: { rows: number },
): AsyncGenerator<CsvValue[], void, void> {
  const elements = jsonElements(run.open(), {
    maxElementBytes: run.input.maxRecordBytes,
  });
  for await (const batch of elements) {
    for (const { line, column, value } of batch) {
      stats.rows++;
      if (typeof value === "string" && MP_ID.test(value)) {
        yield [value];
        continue;
      }
      run.rejections.add({
        line,
        column,
        reason: "is no MP id like MP:0005367",
        text: jsonExcerpt(value),
      });
    }
  }
}

/**
 * Terms given with phenotypes are in place of those of a file: that file,
 * loaded again, must not be taken for what is there. Without a hash, no file
 * is.
 */
function termsFromPhenotypes({ input }: LoadRun<MgiFields>): SqlStatement {
  return {
    sql: `insert into source_state (source, part, sha256, fields,
            loader_version, load_id, sample, bytes, counts, meta, loaded_at)
          values ($1, 'terms', '', '{}', 1, $2, $3, 0, $4::text::jsonb,
            $5::text::jsonb, now())
          on conflict (source, part) do update set sha256 = '',
            load_id = excluded.load_id, sample = excluded.sample, bytes = 0,
            counts = excluded.counts, meta = excluded.meta,
            loaded_at = excluded.loaded_at`,
    params: [
      input.source,
      input.id,
      input.sample,
      JSON.stringify({ rows: input.fields.mp_ids?.length ?? 0 }),
      JSON.stringify({ given_with: "phenotypes" }),
    ],
  };
}

/** The other way round: those phenotypes, loaded again, bring terms again. */
const FORGET_PHENOTYPES_WITH_TERMS: SqlStatement = {
  sql: `update source_state set sha256 = ''
        where source = 'mgi' and part = 'phenotypes' and fields ? 'mp_ids'`,
};

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
