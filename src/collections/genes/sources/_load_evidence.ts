import { encodeRows, type RowBatch } from "@loophound/toolkit/csv";
import type { LoadResult, LoadRun } from "../../../load_task.ts";
import { deriveGenes } from "../derive.ts";
import { evidenceChanges } from "./_evidence_changes.ts";
import { BATCH_BYTES, BATCH_ROWS } from "./_limits.ts";
import { type EntryCounts, type NamedGene, readGenes } from "./_read_genes.ts";
import { type GenesScan, scanGenes } from "./_scan_genes.ts";

/** What of a source's files becomes evidence. */
export interface EvidenceOptions {
  /** Which file of the source it is: the same one in its next version. */
  detailOf: (about: GenesScan["about"]) => string;
  /** What is kept of each gene, besides its symbol and HGNC id. */
  dataOf: (
    about: GenesScan["about"],
    detail: string,
  ) => (gene: NamedGene) => Record<string, unknown>;
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

/**
 * Takes away what loads of the file have left that neither ended nor count:
 * on an embedded engine rows outlive the process that wrote them. Skips from
 * one load to the next in the primary key.
 */
const REMOVE_ABANDONED = `
  with recursive load as (
    (select min(load_id) as id from evidence_rows)
    union all
    select (select min(e.load_id) from evidence_rows e where e.load_id > l.id)
    from load l where l.id is not null
  )
  delete from evidence_rows where load_id = any(array(
    select l.id from load l
    where l.id is not null
      and (select e.source_name = $1 and e.source_detail = $2
        from evidence_rows e where e.load_id = l.id limit 1)
      and not exists (select from evidence_current c where c.load_id = l.id)
  ))`;

function evidenceRows(
  run: LoadRun<unknown>,
  { scan, detail, counts, dataOf }: {
    scan: GenesScan;
    detail: string;
    counts: EntryCounts;
    dataOf: EvidenceOptions["dataOf"];
  },
): AsyncIterable<RowBatch> {
  const { id, source } = run.input;
  const dataOfGene = dataOf(scan.about, detail);
  async function* rows() {
    for await (const gene of readGenes(run, { scan, counts })) {
      yield [
        id,
        source,
        detail,
        gene.symbol,
        gene.hgncId,
        gene.reportedAs.join("; "),
        JSON.stringify(dataOfGene(gene)),
      ];
    }
  }
  return encodeRows(rows(), {
    maxBatchRows: BATCH_ROWS,
    maxBatchBytes: BATCH_BYTES,
  });
}

/**
 * Loads a file of evidence: its rows come in under the id of the load, genes
 * and scores are derived with them in place of the version before, and the
 * statements that are answered make them count.
 */
export async function loadEvidence(
  run: LoadRun<unknown>,
  { detailOf, dataOf }: EvidenceOptions,
): Promise<LoadResult> {
  const { publication, input } = run;
  const { source, id: loadId, dryRun } = input;
  run.doing("checking");
  const scan = await scanGenes(run);
  const detail = detailOf(scan.about);
  // From here on no other load of the same file is under way.
  await publication.lock(`evidence:${source}:${detail}`);
  if (!dryRun) {
    await publication.connection.query(REMOVE_ABANDONED, [source, detail]);
  }
  const { rows: [current] } = await publication.connection.query<
    { load_id: string }
  >(
    `select load_id from evidence_current
     where source_name = $1 and source_detail = $2`,
    [source, detail],
  );
  run.doing("loading");
  const counts = { rows: 0, duplicates: 0 };
  const added = await publication.appendRows({
    table: "evidence_rows",
    columns: COLUMNS.map((name) => ({
      name,
      type: name === "evidence_data" ? "jsonb" : 'text collate "C"',
    })),
    batches: evidenceRows(run, { scan, detail, counts, dataOf }),
  });
  run.doing("comparing");
  const changes = await evidenceChanges(publication, {
    before: current?.load_id ?? "",
    after: loadId,
  });
  // A dry run reports no scores.
  if (!dryRun) {
    run.doing("scoring");
    await deriveGenes(publication, {
      replacing: { sourceName: source, sourceDetail: detail, loadId },
      withoutSample: run.clearingSample,
    });
  }
  return {
    part: detail,
    // A symbol that no one knows makes a gene: none is unresolved.
    counts: {
      rows: counts.rows,
      accepted: added + counts.duplicates,
      duplicates: counts.duplicates,
      unresolved: 0,
      ...changes,
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
        sql: "delete from evidence_rows where load_id = $1 and load_id <> $2",
        params: [current?.load_id ?? "", loadId],
      },
    ],
  };
}
