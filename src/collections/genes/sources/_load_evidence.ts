import { createRowWriter, type RowBatch } from "@loophound/toolkit/csv";
import { InputError } from "../../../load_input.ts";
import type { LoadResult, LoadRun } from "../../../load_task.ts";
import { deriveGenes } from "../derive.ts";
import { BATCH_ROWS } from "./_limits.ts";

/** A row of evidence: one gene in one file. */
export interface EvidenceRow {
  symbol: string;
  hgncId: string | null;
  reportedAs: string | null;
  data: Record<string, unknown>;
}

/** What of a file becomes evidence. */
export interface Evidence {
  /** Which file of the source it is: stays the same in its next version. */
  detail: string;
  rows: readonly EvidenceRow[];
  /** Entries found in the file, refused ones included. */
  found: number;
  /** Entries that were merged into an earlier one of the same symbol. */
  duplicates: number;
}

const COLUMNS = [
  "load_id",
  "source_name",
  "source_detail",
  "symbol",
  "hgnc_id",
  "reported_as",
  "evidence_data",
];

async function* batches(
  evidence: Evidence,
  { loadId, source }: { loadId: string; source: string },
): AsyncGenerator<RowBatch> {
  const writer = createRowWriter({ maxBatchRows: BATCH_ROWS });
  for (const { symbol, hgncId, reportedAs, data } of evidence.rows) {
    const full = writer.write([
      loadId,
      source,
      evidence.detail,
      symbol,
      hgncId,
      reportedAs,
      JSON.stringify(data),
    ]);
    if (full !== undefined) yield full;
  }
  const last = writer.flush();
  if (last !== undefined) yield last;
}

interface Changes {
  inserted: number;
  updated: number;
  unchanged: number;
  removed: number;
}

/** What a version changes, against the one that counts now. */
async function changes(
  run: LoadRun<unknown>,
  { detail, loadId }: { detail: string; loadId: string },
): Promise<Changes> {
  const { rows } = await run.publication.connection.query<Changes>(
    `with old as (
       select e.* from evidence_rows e join evidence_current c using (load_id)
       where c.source_name = $1 and c.source_detail = $2
     ), new as (select * from evidence_rows where load_id = $3)
     select
       (count(*) filter (where o.symbol is null))::int as inserted,
       (count(*) filter (where n.symbol is null))::int as removed,
       (count(*) filter (where n.symbol = o.symbol and
         (n.hgnc_id, n.reported_as, n.evidence_data) is distinct from
         (o.hgnc_id, o.reported_as, o.evidence_data)))::int as updated,
       (count(*) filter (where n.symbol = o.symbol and
         (n.hgnc_id, n.reported_as, n.evidence_data) is not distinct from
         (o.hgnc_id, o.reported_as, o.evidence_data)))::int as unchanged
     from new n full join old o on o.symbol = n.symbol`,
    [run.input.source, detail, loadId],
  );
  return rows[0]!;
}

/**
 * Brings in a file's evidence under the id of its load, derives genes and
 * scores from it, and answers the statements that make it count.
 */
export async function loadEvidence(
  run: LoadRun<unknown>,
  evidence: Evidence,
): Promise<LoadResult> {
  const { publication, input } = run;
  const { source, id: loadId } = input;
  const { detail, rows, found, duplicates } = evidence;
  if (rows.length === 0 && run.rejections.count === 0) {
    throw new InputError(`Cannot load ${detail}: it names no genes`);
  }
  await publication.appendRows({
    table: "evidence_rows",
    columns: COLUMNS.map((name) => ({
      name,
      type: name === "evidence_data" ? "jsonb" : 'text collate "C"',
    })),
    batches: batches(evidence, { loadId, source }),
  });
  const became = await changes(run, { detail, loadId });
  run.doing("scoring");
  await deriveGenes(publication, {
    replacing: { sourceName: source, sourceDetail: detail, loadId },
    withoutSample: run.clearingSample,
  });
  return {
    part: detail,
    counts: {
      rows: found,
      accepted: rows.length + duplicates,
      duplicates,
      unresolved: 0,
      ...became,
    },
    statements: [
      {
        sql: `insert into evidence_current
                (source_name, source_detail, load_id, sample)
              values ($1, $2, $3, $4)
              on conflict (source_name, source_detail) do update
              set load_id = excluded.load_id, sample = excluded.sample`,
        params: [source, detail, loadId, input.sample],
      },
      {
        sql: `delete from evidence_rows
              where source_name = $1 and source_detail = $2 and load_id <> $3`,
        params: [source, detail, loadId],
      },
    ],
  };
}
