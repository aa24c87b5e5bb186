import type { Publication } from "@loophound/toolkit/sql";
import type { Slice } from "./_derive_sql.ts";

const COLUMNS = {
  gene_name_claims: ["name", "gene_id", "kind"],
  gene_names: ["name", "gene_id", "kind"],
  gene_evidence: [
    "gene_id",
    "source_name",
    "source_detail",
    "symbol",
    "reported_as",
    "evidence_data",
  ],
  gene_source_scores: ["gene_id", "source_name", "score", "item_count"],
  genes: [
    "id",
    "symbol",
    "hgnc_id",
    "name",
    "alias_symbols",
    "prev_symbols",
    "evidence_score",
    "evidence_tier",
    "evidence_group",
    "evidence_count",
    "source_count",
    "sources",
    "approved",
    "search_text",
  ],
  gene_facets: ["id", "total", "scored", "max_count", "sources", "tiers"],
} as const;

const KEYS: Readonly<Record<keyof typeof COLUMNS, readonly string[]>> = {
  gene_name_claims: ["name", "kind", "gene_id"],
  gene_names: ["name"],
  gene_evidence: ["gene_id", "source_name", "source_detail", "symbol"],
  gene_source_scores: ["gene_id", "source_name"],
  genes: ["id"],
  gene_facets: ["id"],
};

/** Rebuilds a derived table and answers the name that it has from here on. */
export async function rebuild(
  publication: Publication,
  table: keyof typeof COLUMNS,
  { select, rows }: { select: (slice: Slice) => string; rows: number },
): Promise<string> {
  await publication.rebuildTable({
    table,
    columns: COLUMNS[table],
    key: KEYS[table],
    select,
    expectedRows: rows,
  });
  if (publication.connection.mode === "server") {
    // An embedded engine's tables are analysed as they are filled. Here the
    // next step joins this one, long before the server looks at it itself.
    await publication.connection.query(`analyze ${table}`);
  }
  return publication.name(table);
}
