/**
 * The queries behind the derived tables. Each takes the names that tables
 * have within the publication, and `slice`, which cuts it into parts.
 *
 * A slice is cut by a hash, so each reads its tables whole; what it joins is
 * cut alike before it is joined. Only a few rows are looked up one by one.
 *
 * @module
 */
import { tierCase } from "./tiers.ts";

/** Names of the tables within a publication, and what counts in it. */
export interface DeriveInput {
  /** hgnc, or a query in parentheses. */
  hgnc: string;
  /** hgnc is another than before: names and genes start from it. */
  hgncChanged: boolean;
  claims: string;
  geneEvidence: string;
  scores: string;
  genes: string;
  /** Condition over an alias of evidence_rows: the rows that count. */
  current: (alias: string) => string;
  activeSources: number;
}

/** Cuts a query: see `TableRebuild.select`. */
export type Slice = (keyExpression: string) => string;

/** What HGNC calls its approved genes; a name may be claimed by many. */
export function claimsQuery(input: DeriveInput, slice: Slice): string {
  return `
select distinct c.name, h.hgnc_id, c.kind
from ${input.hgnc} h
cross join lateral (
  select h.symbol as name, 1::smallint as kind
  union all select unnest(h.prev_symbols), 2::smallint
  union all select unnest(h.alias_symbols), 3::smallint
) c
where ${slice("h.hgnc_id")} and h.status = 'Approved' and c.name <> ''`;
}

/**
 * The evidence that counts, each row with its gene: by HGNC id, else by the
 * strongest kind of name (approved, previous, alias) that anyone claims, if
 * only one gene claims it so. What HGNC does not know makes a gene of its
 * own: rows that share a symbol go to the HGNC id that most of them carry.
 */
export function evidenceQuery(input: DeriveInput, slice: Slice): string {
  return `
with mine as materialized (
  select e.source_name, e.source_detail, e.symbol, e.hgnc_id, e.reported_as,
    e.evidence_data
  from evidence_rows e where (${input.current("e")}) and ${slice("e.symbol")}
), most as (
  select distinct on (o.symbol) o.symbol, o.hgnc_id from (
    select m.symbol, m.hgnc_id, count(*) as n from mine m
    where m.hgnc_id is not null group by m.symbol, m.hgnc_id
  ) o
  order by o.symbol, o.n desc, o.hgnc_id
)
select coalesce(
    (select c.gene_id from ${input.claims} c
     where c.gene_id = e.hgnc_id and c.kind = 1 limit 1),
    (select case when min(c.gene_id) = max(c.gene_id) then min(c.gene_id) end
     from ${input.claims} c where c.name = e.symbol
     group by c.kind order by c.kind limit 1),
    o.hgnc_id,
    'symbol:' || e.symbol
  ) as gene_id,
  e.source_name, e.source_detail, e.symbol, e.reported_as, e.evidence_data
from mine e left join most o on o.symbol = e.symbol`;
}

/** Weight of a classification, for sources that classify and do not count. */
const WEIGHT = `case when e.source_name in ('gencc', 'clingen') then
    case lower(e.evidence_data->>'classification')
    when 'definitive' then 1.0 when 'strong' then 0.8 when 'moderate' then 0.6
    when 'supportive' then 0.5 when 'limited' then 0.4 when 'disputed' then 0.2
    else 0.0 end end`;

/**
 * How many panels a row stands for; a publication counts once. A provider
 * that lists a gene under two symbols counts with the higher of the two, as
 * their panels overlap.
 */
const ITEMS = `max(case
    when jsonb_typeof(e.evidence_data->'occurrence_count') = 'number'
    then least(greatest((e.evidence_data->>'occurrence_count')::numeric, 1), 1e6)
    else 1 end)::integer`;

/**
 * What each source says of each gene, 0–1. `gencc`: the highest weight;
 * `clingen`: the first one; all others: percent_rank of ln(1 + count) among
 * the source's genes. So the genes of the lowest count get 0, and so does
 * the only gene of a source.
 */
export function scoresQuery(input: DeriveInput, slice: Slice): string {
  return `
with per_detail as (
  select e.gene_id, e.source_name, e.source_detail, ${ITEMS} as items,
    max(${WEIGHT}) as highest,
    (array_agg(${WEIGHT} order by e.symbol))[1] as first
  from ${input.geneEvidence} e
  group by e.gene_id, e.source_name, e.source_detail
), per_gene as (
  select gene_id, source_name, least(sum(items), 2147483647)::integer as items,
    max(highest) as highest,
    (array_agg(first order by source_detail))[1] as first
  from per_detail group by gene_id, source_name
), scored as (
  select gene_id, source_name, items, case source_name
      when 'gencc' then highest::double precision
      when 'clingen' then first::double precision
      else percent_rank() over (
        partition by source_name order by ln(1 + items::double precision)
      ) end as score
  from per_gene
)
select s.gene_id, s.source_name, s.score, s.items
from scored s where ${slice("s.gene_id")}`;
}

function hgncGenes(input: DeriveInput, slice: Slice): string {
  if (!input.hgncChanged) {
    // Nothing new from HGNC: the narrow table of before has it all.
    return `
select id, symbol, hgnc_id, name, alias_symbols, prev_symbols, approved
from genes where approved and ${slice("id")}`;
  }
  return `
select h.hgnc_id as id, h.symbol, h.hgnc_id, h.name, h.alias_symbols,
  h.prev_symbols, true as approved
from ${input.hgnc} h where h.status = 'Approved' and ${slice("h.hgnc_id")}`;
}

/** Genes that only evidence names, called by the symbol it uses most. */
function ownGenes(input: DeriveInput, slice: Slice): string {
  return `
select o.gene_id as id,
  (array_agg(o.symbol order by o.n desc, o.symbol))[1] as symbol,
  case when o.gene_id like 'symbol:%' then null else o.gene_id end as hgnc_id,
  null::text as name,
  (array_agg(o.symbol order by o.n desc, o.symbol))[2:] as alias_symbols,
  '{}'::text[] as prev_symbols, false as approved
from (
  select e.gene_id, e.symbol, count(*) as n from ${input.geneEvidence} e
  where ${slice("e.gene_id")} and (
    select c.kind from ${input.claims} c
    where c.gene_id = e.gene_id and c.kind = 1 limit 1
  ) is null
  group by e.gene_id, e.symbol
) o
group by o.gene_id`;
}

/** Every gene with its score: Σ of its sources' scores ÷ sources × 100. */
export function genesQuery(input: DeriveInput, slice: Slice): string {
  const tier = { score: "g.score", sources: "g.source_count" };
  return `
select g.id, g.symbol, g.hgnc_id, g.name, g.alias_symbols, g.prev_symbols,
  g.score, ${tierCase("tier", tier)}, ${tierCase("group", tier)},
  g.evidence_count, g.source_count, g.sources, g.approved,
  upper(concat_ws(' ', g.symbol, g.hgnc_id, g.name,
    array_to_string(g.alias_symbols, ' '),
    array_to_string(g.prev_symbols, ' ')) collate "C")
from (
  select b.*, coalesce(s.sources, '{}') as sources,
    coalesce(s.source_count, 0) as source_count,
    coalesce(s.total / ${Math.max(1, input.activeSources)} * 100, 0) as score,
    coalesce(e.evidence_count, 0) as evidence_count
  from (${hgncGenes(input, slice)} union all ${ownGenes(input, slice)}) b
  left join (
    select gene_id, count(*)::integer as source_count,
      sum(score order by source_name) as total,
      array_agg(source_name order by source_name) as sources
    from ${input.scores} where ${slice("gene_id")} group by gene_id
  ) s on s.gene_id = b.id
  left join (
    select gene_id, count(*)::integer as evidence_count
    from ${input.geneEvidence} where ${slice("gene_id")} group by gene_id
  ) e on e.gene_id = b.id
) g`;
}

/** The names that name one gene: see {@linkcode evidenceQuery}. */
export function namesQuery(input: DeriveInput, slice: Slice): string {
  return `
select n.name, n.gene_id, n.kind from (
  select c.name, c.kind, min(c.gene_id) as gene_id, count(*) as claimants,
    rank() over (partition by c.name order by c.kind) as strength
  from ${input.claims} c where ${slice("c.name")} group by c.name, c.kind
) n
where n.strength = 1 and n.claimants = 1
union all
select g.symbol, g.id, 1::smallint from ${input.genes} g
where not g.approved and ${slice("g.symbol")}
union all
select a.name, g.id, 3::smallint
from ${input.genes} g cross join lateral unnest(g.alias_symbols) a(name)
where not g.approved and ${slice("a.name")}`;
}

/** The one row of gene_facets. */
export function facetsQuery(input: DeriveInput, slice: Slice): string {
  return `
select f.* from (
  select 1::smallint as id, coalesce(sum(t.n), 0)::integer as total,
    coalesce(sum(t.scored), 0)::integer as scored,
    coalesce(max(t.max_count), 0) as max_count,
    (select coalesce(array_agg(distinct s.source_name order by s.source_name),
       '{}') from ${input.scores} s) as sources,
    coalesce(jsonb_object_agg(t.evidence_tier, t.n)
      filter (where t.evidence_tier is not null), '{}') as tiers
  from (
    select g.evidence_tier, count(*) as n, max(g.evidence_count) as max_count,
      count(*) filter (where g.evidence_score > 0) as scored
    from ${input.genes} g group by g.evidence_tier
  ) t
) f
where ${slice("f.id")}`;
}
