import { type Kysely, type RawBuilder, sql } from "kysely";
import type { GenesSchema } from "./schema.ts";

async function document(
  db: Kysely<GenesSchema>,
  call: RawBuilder<string | null>,
): Promise<string | undefined> {
  const { rows } = await sql<{ body: string | null }>`select ${call} as body`
    .execute(db);
  return rows[0]?.body ?? undefined;
}

/**
 * Answers a gene with its scores, its evidence and its expression (the
 * annotations `descartes` and `gtex`); all annotations are
 * {@linkcode geneAnnotationsDocument}'s.
 *
 * @param name A symbol (approved, previous or alias, in any case) or an HGNC id.
 * @returns The JSON document `{"data": …}` as text; undefined: no such gene.
 */
export function geneDocument(
  db: Kysely<GenesSchema>,
  name: string,
): Promise<string | undefined> {
  return document(db, sql`gene_document(${name}::text)`);
}

/**
 * Answers the evidence of a gene, one resource for each row of a source.
 *
 * @returns The JSON document `{"data": […], "meta": …}` as text; undefined: no such gene.
 */
export function geneEvidenceDocument(
  db: Kysely<GenesSchema>,
  name: string,
): Promise<string | undefined> {
  return document(db, sql`gene_evidence_document(${name}::text)`);
}

/**
 * Answers the annotations of a gene, one object for each source that knows
 * it, and which files they are from.
 *
 * @returns The JSON document `{"data": …, "meta": …}` as text; undefined: no such gene.
 */
export function geneAnnotationsDocument(
  db: Kysely<GenesSchema>,
  name: string,
): Promise<string | undefined> {
  return document(db, sql`gene_annotations_document(${name}::text)`);
}
