import type { ColumnType } from "kysely";

/** A gene, as the list shows it. Derived: rebuilt within a load. */
export interface GeneTable {
  /** HGNC id, or `symbol:NAME` for a gene that only evidence names. */
  id: string;
  symbol: string;
  hgnc_id: string | null;
  name: string | null;
  alias_symbols: string[];
  prev_symbols: string[];
  /** 0–100. */
  evidence_score: number;
  evidence_tier: string | null;
  evidence_group: string | null;
  evidence_count: number;
  source_count: number;
  sources: string[];
  /** HGNC approves it; false: only evidence names it. */
  approved: boolean;
  /** All that a search may find, in upper case. */
  search_text: string;
}

/** What the core table knows of each loaded part of a source. */
export interface SourceStateTable {
  source: string;
  part: string;
  sha256: string;
  sample: boolean;
  meta: ColumnType<Record<string, unknown>, string, string>;
  loaded_at: Date;
}

/** The tables that the light queries of the collection start from. */
export interface GenesSchema {
  genes: GeneTable;
  gene_names: { name: string; gene_id: string; kind: number };
  gene_evidence: {
    gene_id: string;
    source_name: string;
    source_detail: string;
    symbol: string;
    reported_as: string | null;
    evidence_data: unknown;
  };
  gene_source_scores: {
    gene_id: string;
    source_name: string;
    score: number;
    item_count: number;
  };
  source_state: SourceStateTable;
}
