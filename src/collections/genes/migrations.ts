import { DOCUMENT_FUNCTIONS } from "./_document_functions.ts";
import type { SqlMigration } from "../../collection.ts";

/**
 * Schema of the collection. Text that orders or compares is `collate "C"`, so
 * that both engines agree. No views, foreign keys or triggers: an embedded
 * load replaces tables by renaming.
 */
export const migrations: readonly SqlMigration[] = [{
  name: "0001_genes",
  sql: `
-- Annotations: one table a file.
create table descartes_tpm (
  symbol text collate "C" primary key,
  value double precision not null
);
create table descartes_percentage (
  symbol text collate "C" primary key,
  value double precision not null
);
-- Tissue ids, in the order of tpm: source_state.meta->'tissues'.
create table gtex (
  symbol text collate "C" primary key,
  gencode_id text collate "C" not null,
  tpm double precision[] not null
);
create table hgnc (
  hgnc_id text collate "C" primary key,
  symbol text collate "C" not null,
  name text collate "C",
  status text collate "C",
  locus_group text collate "C",
  alias_symbols text[] collate "C" not null,
  prev_symbols text[] collate "C" not null,
  entrez_id text collate "C",
  ensembl_gene_id text collate "C",
  doc jsonb not null
);
create index hgnc_symbol on hgnc (symbol);
create table mgi_orthologs (
  symbol text collate "C",
  mgi_id text collate "C",
  mouse_symbol text collate "C",
  entrez_id text collate "C",
  primary key (symbol, mgi_id)
);
create table mgi_phenotypes (
  mgi_id text collate "C",
  allelic_composition text collate "C",
  background text collate "C",
  mp_id text collate "C",
  zygosity text collate "C", -- hm, ht, cn or ot
  primary key (mgi_id, allelic_composition, background, mp_id)
);
-- The terms that are about the kidney. Empty: not loaded.
create table mgi_terms (mp_id text collate "C" primary key);
create table hpo (
  symbol text collate "C",
  hpo_id text collate "C",
  hpo_name text collate "C" not null,
  disease_id text collate "C",
  frequency text collate "C",
  ncbi_gene_id text collate "C",
  primary key (symbol, hpo_id, disease_id)
);

-- Evidence: the rows of every version, and which version counts.
create table evidence_rows (
  load_id text collate "C",
  source_name text collate "C" not null,
  source_detail text collate "C" not null,
  symbol text collate "C",
  hgnc_id text collate "C",
  reported_as text collate "C",
  evidence_data jsonb not null,
  primary key (load_id, symbol)
);
create index evidence_rows_symbol on evidence_rows (symbol);
create table evidence_current (
  source_name text collate "C",
  source_detail text collate "C",
  load_id text collate "C" not null,
  sample boolean not null,
  primary key (source_name, source_detail)
);

-- Derived by derive.ts from hgnc and the evidence that counts.
-- What HGNC calls a gene: 1 approved, 2 previous symbol, 3 alias. A name may
-- be claimed by many.
create table gene_name_claims (
  name text collate "C",
  gene_id text collate "C",
  kind smallint,
  primary key (name, kind, gene_id)
);
create index gene_name_claims_gene on gene_name_claims (gene_id, kind);
-- The names that name one gene.
create table gene_names (
  name text collate "C" primary key,
  gene_id text collate "C" not null,
  kind smallint not null
);
create index gene_names_gene on gene_names (gene_id);
create index gene_names_upper on gene_names (upper(name));
create table gene_evidence (
  gene_id text collate "C",
  source_name text collate "C",
  source_detail text collate "C",
  symbol text collate "C",
  reported_as text collate "C",
  evidence_data jsonb,
  primary key (gene_id, source_name, source_detail, symbol)
);
create table gene_source_scores (
  gene_id text collate "C",
  source_name text collate "C",
  score double precision not null,
  item_count integer not null,
  primary key (gene_id, source_name)
);
create table genes (
  id text collate "C" primary key,
  symbol text collate "C" not null, -- one gene's alone, see genes_symbol
  hgnc_id text collate "C",
  name text collate "C",
  alias_symbols text[] collate "C" not null,
  prev_symbols text[] collate "C" not null,
  evidence_score double precision not null,
  evidence_tier text collate "C",
  evidence_group text collate "C",
  evidence_count integer not null,
  source_count integer not null,
  sources text[] collate "C" not null,
  approved boolean not null,
  search_text text collate "C" not null
);
-- Not unique, although no two genes share a symbol: two that exchange theirs
-- are updated one after the other.
create index genes_symbol on genes (symbol);
create index genes_by_score on genes (evidence_score desc, symbol);
create index genes_by_count on genes (evidence_count desc, symbol);
create index genes_by_source_count on genes (source_count desc, symbol);
create index genes_own on genes (id) where not approved;
-- One row: what the list says of all genes, so that it need not count them.
create table gene_facets (
  id smallint primary key,
  total integer not null,
  scored integer not null,
  max_count integer not null,
  sources text[] collate "C" not null,
  tiers jsonb not null
);
`,
}, {
  // Text that was applied never changes: a change of the functions is a
  // migration of its own, that creates them anew.
  name: "0002_gene_documents",
  sql: DOCUMENT_FUNCTIONS,
}];
