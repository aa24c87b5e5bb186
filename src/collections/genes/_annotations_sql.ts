/**
 * Annotations of one gene as SQL expressions that answer JSON, or null where
 * the source says nothing of it.
 *
 * Each expects a relation `g` with `id`, `hgnc_id` and `names`: all names of
 * the gene, the approved symbol first. Rows are looked up with `= any(names)`
 * and not by a join, so that no planner without statistics comes to scan a
 * table of a million rows.
 *
 * `json` and not `jsonb`: it writes a double as the shortest text that reads
 * back as the same number.
 *
 * @module
 */

/** What `hgnc.doc` is answered of. */
const HGNC_FIELDS = [
  "agr",
  "alias_name",
  "alias_symbol",
  "ccds_id",
  "cosmic",
  "date_approved_reserved",
  "date_modified",
  "date_name_changed",
  "date_symbol_changed",
  "ena",
  "ensembl_gene_id",
  "entrez_id",
  "gene_group",
  "gene_group_id",
  "hgnc_id",
  "location",
  "locus_group",
  "locus_type",
  "mane_select",
  "mgd_id",
  "name",
  "omim_id",
  "prev_name",
  "prev_symbol",
  "pubmed_id",
  "refseq_accession",
  "rgd_id",
  "status",
  "symbol",
  "ucsc_id",
  "uniprot_ids",
  "vega_id",
];

function byName(table: string, columns: string): string {
  return `select ${columns} from ${table} t where t.symbol = any(g.names)
    order by array_position(g.names, t.symbol) limit 1`;
}

const DESCARTES = `
(select case when d.symbol is not null then json_build_object(
    'kidney_tpm', d.tpm, 'kidney_percentage', d.percentage,
    'cell_type', 'kidney', 'dataset_version', 'human_gtex',
    'gene_symbol', d.symbol) end
 from (
   select coalesce(t.symbol, p.symbol) as symbol, t.value as tpm,
     p.value as percentage
   from (select) one
   left join lateral (${byName("descartes_tpm", "t.symbol, t.value")}) t on true
   left join lateral (${byName("descartes_percentage", "t.symbol, t.value")}) p
     on true
 ) d)`;

const GTEX = `
(select json_build_object('gene_symbol', t.symbol, 'gencode_id', t.gencode_id,
   'tissues', (
     select coalesce(json_object_agg(i.tissue, t.tpm[i.at] order by i.at), '{}')
     from source_state s,
       jsonb_array_elements_text(s.meta->'tissues') with ordinality i(tissue, at)
     where s.source = 'gtex' and s.part = ''
   ))
 from (${byName("gtex", "t.symbol, t.gencode_id, t.tpm")}) t)`;

const HGNC = `
(select json_object_agg(f.key, f.value order by f.key)
 from hgnc h, jsonb_each(h.doc) f
 where h.hgnc_id = g.hgnc_id
   and f.key = any(array[${
  HGNC_FIELDS.map((name) => `'${name}'`).join(",")
}]))`;

const HPO = `
(select json_build_object('gene_symbol', s.symbol, 'phenotypes', p.list,
   'phenotype_count', p.n)
 from (${byName("hpo", "t.symbol")}) s
 cross join lateral (
   select count(*) as n, json_agg(json_build_object('hpo_id', t.hpo_id,
     'hpo_name', t.hpo_name, 'disease_ids', t.disease_ids,
     'frequency', t.frequency) order by t.hpo_id) as list
   from (
     select h.hpo_id, min(h.hpo_name) as hpo_name,
       coalesce(array_agg(h.disease_id order by h.disease_id)
         filter (where h.disease_id <> ''), '{}') as disease_ids,
       (array_agg(h.frequency order by h.disease_id)
         filter (where h.frequency not in ('', '-')))[1] as frequency
     from hpo h where h.symbol = s.symbol group by h.hpo_id
   ) t
 ) p)`;

/** What was found for one zygosity; null where nothing could be searched. */
function zygosity(code: string): string {
  return `json_build_object(
      'has_kidney_phenotype', case when x.searched then f.${code}_count > 0 end,
      'phenotype_count', f.${code}_count,
      'phenotypes', coalesce(f.${code}_terms, '[]'))`;
}

function shortAnswer(code: string): string {
  return `'${code} (' || case when not x.searched then 'NA'
      when f.${code}_count > 0 then 'true' else 'false' end || ')'`;
}

/**
 * Mouse phenotypes through orthologs. Without terms, or without phenotypes,
 * nothing was searched: then the answers are null and NA, not false. The
 * reports name no terms, so `name` is null.
 */
const MPO_MGI = `
(select json_build_object(
   'gene_symbol', g.symbol,
   'has_kidney_phenotype', case when x.searched then f.n > 0 end,
   'mouse_orthologs', o.symbols,
   'phenotypes', coalesce(f.terms, '[]'),
   'phenotype_count', f.n,
   'mpo_terms_searched', case when x.searched then x.terms else 0 end,
   'zygosity_analysis', json_build_object(
     'homozygous', ${zygosity("hm")},
     'heterozygous', ${zygosity("ht")},
     'conditional', ${zygosity("cn")},
     'summary', ${shortAnswer("hm")} || '; ' || ${shortAnswer("ht")}))
 from (
   select array_agg(t.mgi_id) as ids,
     json_agg(distinct t.mouse_symbol order by t.mouse_symbol) as symbols
   from mgi_orthologs t
   where t.symbol = (${byName("mgi_orthologs", "t.symbol")})
 ) o
 cross join lateral (
   select m.terms, m.terms > 0 and exists (select from mgi_phenotypes)
     as searched
   from (select count(*) as terms from mgi_terms) m
 ) x
 cross join lateral (
   select count(*) as n, json_agg(t.term order by t.mp_id) as terms,
     ${
  ["hm", "ht", "cn"].map((code) =>
    `count(*) filter (where t.${code}) as ${code}_count,
     json_agg(t.term order by t.mp_id) filter (where t.${code}) as ${code}_terms`
  ).join(", ")
}
   from (
     select p.mp_id, json_build_object('term', p.mp_id, 'name', null) as term,
       bool_or(p.zygosity = 'hm') as hm, bool_or(p.zygosity = 'ht') as ht,
       bool_or(p.zygosity = 'cn') as cn
     from mgi_phenotypes p
     where p.mgi_id = any(o.ids)
       and exists (select from mgi_terms m where m.mp_id = p.mp_id)
     group by p.mp_id
   ) t
 ) f
 where o.ids is not null)`;

function bySource(values: Readonly<Record<string, string>>): string {
  const rows = Object.entries(values).map(([source, value]) =>
    `select '${source}' as source, ${value} as value`
  );
  return `
(select coalesce(json_object_agg(a.source, a.value order by a.source), '{}')
 from (${rows.join(" union all ")}) a
 where a.value is not null)`;
}

/** One object with a key for each source that knows the gene. */
export const ANNOTATIONS: string = bySource({
  descartes: DESCARTES,
  gtex: GTEX,
  hgnc: HGNC,
  hpo: HPO,
  mpo_mgi: MPO_MGI,
});

/**
 * The annotations that have one row a gene. Lists of phenotypes take longer
 * than all the rest of a gene together: 2.5 ms instead of 1 on PGlite.
 */
export const EXPRESSION: string = bySource({
  descartes: DESCARTES,
  gtex: GTEX,
});

/** Which files the annotations are from: loaded parts by source. */
export const VERSIONS = `
(select coalesce(json_object_agg(v.source, v.parts order by v.source), '{}')
 from (
   select s.source, json_agg(json_build_object('part', s.part,
     'sha256', s.sha256, 'loaded_at',
     to_char(s.loaded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
     order by s.part collate "C") as parts
   from source_state s
   where s.source in ('descartes', 'gtex', 'hgnc', 'hpo', 'mgi')
   group by s.source
 ) v)`;
