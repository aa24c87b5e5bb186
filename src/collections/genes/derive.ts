import type { Publication } from "@loophound/toolkit/sql";
import {
  claimsQuery,
  type DeriveInput,
  evidenceQuery,
  facetsQuery,
  genesQuery,
  namesQuery,
  scoresQuery,
} from "./_derive_sql.ts";
import { rebuild } from "./_derived_tables.ts";
import { inList } from "./_sql_text.ts";

/** What is new in the publication. */
export interface DeriveOptions {
  /** Evidence that takes the place of the current version of its file. */
  replacing?: { sourceName: string; sourceDetail: string; loadId: string };
  /** The publication holds a new hgnc. @default {false} */
  hgncReplaced?: boolean;
  /**
   * Sample data leaves in this publication, so it does not count any more:
   * what `run.clearingSample` says. Whoever derives has to say it, as a table
   * is rebuilt only once in a publication.
   */
  withoutSample: boolean;
}

/** What was derived in a publication: clearing the sample asks. */
const derived = new WeakMap<Publication, DeriveOptions>();

/** Waits for the lock that whoever rebuilds or clears derived tables holds. */
export function lockDerived(publication: Publication): Promise<void> {
  return publication.lock("genes-derived");
}

async function first<Row>(
  publication: Publication,
  sql: string,
  params?: readonly unknown[],
): Promise<Row> {
  const { rows } = await publication.connection.query<Row>(sql, params);
  const row = rows[0];
  if (row === undefined) throw new Error(`No answer to: ${sql}`);
  return row;
}

/** Rows of evidence_rows that count, as a condition over an alias of it. */
async function currentEvidence(
  publication: Publication,
  { replacing, withoutSample }: DeriveOptions,
): Promise<(alias: string) => string> {
  const { rows } = await publication.connection.query<{
    source_name: string;
    source_detail: string;
    load_id: string;
  }>(
    `select source_name, source_detail, load_id from evidence_current
     where not (sample and $1::text = 'without')
     order by source_name, source_detail`,
    [withoutSample ? "without" : "with"],
  );
  const loads = rows.filter((row) =>
    row.source_name !== replacing?.sourceName ||
    row.source_detail !== replacing.sourceDetail
  ).map((row) => row.load_id);
  if (replacing !== undefined) loads.push(replacing.loadId);
  return (alias) => inList(`${alias}.load_id`, loads);
}

/** Whether the hgnc that is in place leaves with the sample. */
async function hgncIsSample(publication: Publication): Promise<boolean> {
  const { found } = await first<{ found: boolean }>(
    publication,
    `select exists (
       select from source_state where source = 'hgnc' and sample
     ) as found`,
  );
  return found;
}

/** Changes when the genes that only evidence names do, or their names. */
function ownGenes(publication: Publication, table: string): Promise<unknown> {
  return first<{ digest: string | null }>(
    publication,
    `select md5(string_agg(
       id || '|' || symbol || '|' || alias_symbols::text, ',' order by id
     )) as digest from ${table} where not approved`,
  ).then((row) => row.digest);
}

/** How many rows there will be: sizes the slices. */
async function expectedRows(
  publication: Publication,
  { claims, current }: DeriveInput,
): Promise<{ approved: number; names: number; evidence: number }> {
  return await first(
    publication,
    `select (select count(*)::integer from ${claims} where kind = 1)
       as approved,
       (select count(*)::integer from ${claims}) as names,
       (select count(*)::integer from evidence_rows e
        where ${current("e")}) as evidence`,
  );
}

/**
 * Rebuilds what is derived from HGNC and the evidence: names, evidence by
 * gene, scores and genes. Runs in the thread of a load of either, after its
 * rows are in the publication. Loads of annotations do not need it.
 */
export async function deriveGenes(
  publication: Publication,
  options: DeriveOptions,
): Promise<void> {
  await lockDerived(publication);
  derived.set(publication, options);
  const { hgncReplaced = false, withoutSample } = options;
  const hgncCleared = withoutSample && !hgncReplaced &&
    await hgncIsSample(publication);
  const input: DeriveInput = {
    hgnc: hgncCleared
      ? "(select * from hgnc where false)"
      : publication.name("hgnc"),
    hgncChanged: hgncReplaced || hgncCleared,
    claims: publication.name("gene_name_claims"),
    geneEvidence: "gene_evidence",
    scores: "gene_source_scores",
    genes: "genes",
    current: await currentEvidence(publication, options),
    activeSources: 0,
  };
  const ownBefore = await ownGenes(publication, "genes");
  if (publication.connection.mode === "server") {
    // Compiling these takes a second, running them far less.
    await publication.connection.query("set local jit = off");
  }

  if (input.hgncChanged) {
    const { bytes } = await first<{ bytes: number }>(
      publication,
      "select pg_relation_size($1::regclass)::double precision as bytes",
      [publication.name("hgnc")],
    );
    input.claims = await rebuild(publication, "gene_name_claims", {
      select: (slice) => claimsQuery(input, slice),
      // A row of hgnc has about 1,500 bytes and makes two or three names.
      rows: hgncCleared ? 1 : Math.ceil(bytes / 1500 * 2.5),
    });
  }
  const { approved, names, evidence } = await expectedRows(publication, input);
  input.geneEvidence = await rebuild(publication, "gene_evidence", {
    select: (slice) => evidenceQuery(input, slice),
    // Each row is looked up in several places: smaller slices.
    rows: evidence * 3,
  });
  input.scores = await rebuild(publication, "gene_source_scores", {
    select: (slice) => scoresQuery(input, slice),
    // The rank looks at all rows of a source, whatever the slice: few slices.
    rows: Math.ceil(evidence / 4),
  });
  const { sources } = await first<{ sources: number }>(
    publication,
    `select count(distinct source_name)::integer as sources
     from ${input.scores}`,
  );
  input.activeSources = sources;
  input.genes = await rebuild(publication, "genes", {
    select: (slice) => genesQuery(input, slice),
    // Wide rows with six indexes: somewhat smaller slices.
    rows: Math.ceil((approved + evidence) * 1.5),
  });
  await rebuild(publication, "gene_facets", {
    select: (slice) => facetsQuery(input, slice),
    rows: 1,
  });
  // With HGNC loaded these are 100,000 names that most loads leave alone.
  const ownAfter = await ownGenes(publication, input.genes);
  if (!input.hgncChanged && ownBefore === ownAfter) return;
  await rebuild(publication, "gene_names", {
    select: (slice) => namesQuery(input, slice),
    rows: names + evidence,
  });
}

/**
 * Derives without the sample, unless the load did so itself.
 *
 * @throws {Error} The load derived with the sample.
 */
export async function deriveWithoutSample(
  publication: Publication,
): Promise<void> {
  const options = derived.get(publication);
  if (options === undefined) {
    await deriveGenes(publication, { withoutSample: true });
  } else if (!options.withoutSample) {
    throw new Error(
      "Cannot clear the sample: the load derived genes from it, without saying withoutSample",
    );
  }
}
