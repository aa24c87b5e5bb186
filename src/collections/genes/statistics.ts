/**
 * The statistics, for the heavy lane: one statement each, which answers its
 * JSON as text. Empty data gives zeros and empty lists.
 *
 * @module
 */
import type { HeavyQuery } from "../../db/types.ts";
import {
  chosenGenes,
  GROUP_ROWS,
  Parameters,
  share,
  type StatisticsOptions,
  TIER_ROWS,
} from "./_statistics_sql.ts";

export type { StatisticsOptions } from "./_statistics_sql.ts";

/** Options of {@linkcode sourceOverlaps}. */
export interface OverlapOptions extends StatisticsOptions {
  /** Only these sources. @default {all} */
  sources?: readonly string[];
  /** Name the genes of each intersection. @default {false} */
  detail?: boolean;
}

function heavy(
  name: string,
  { sql, parameters }: { sql: string; parameters: Parameters },
): HeavyQuery {
  return { name, sql, parameters: parameters.values, format: "raw" };
}

/**
 * Each gene becomes a bit mask of the sources that name it; genes of one mask
 * make an intersection. 62 sources fit a mask: beyond them it fails.
 */
const MASKS = `
masks as materialized (
  select r.gene_id, sum(power(2::numeric, s.at))::bigint as mask,
    count(*) as degree
  from scores r join sources s using (source_name)
  group by r.gene_id
), intersections as materialized (
  select m.mask, min(m.degree) as degree, count(*) as size
  from masks m group by m.mask
)`;

/**
 * Genes by the sources that name them, as UpSet plots take it:
 * `{sets: [{name, size}], intersections: [{sets, size, genes?}],
 * total_unique_genes, overlap_statistics}`. Each gene is in one intersection:
 * that of exactly its sources. Largest intersection first.
 */
export function sourceOverlaps(options: OverlapOptions = {}): HeavyQuery {
  const parameters = new Parameters();
  const genes = options.detail === true
    ? `, 'genes', (
        select json_agg(c.symbol order by c.symbol)
        from masks m join chosen c on c.id = m.gene_id where m.mask = i.mask)`
    : "";
  const sql = `
with ${chosenGenes(parameters, options)}, ${MASKS}
select json_build_object(
  'sets', (select coalesce(json_agg(json_build_object(
     'name', source_name, 'size', size) order by source_name), '[]')
   from sources),
  'intersections', (select coalesce(json_agg(json_build_object(
     'sets', (select json_agg(s.source_name order by s.source_name)
              from sources s where (i.mask >> s.at::integer) & 1 = 1),
     'size', i.size ${genes}) order by i.size desc, i.degree, i.mask), '[]')
   from intersections i),
  'total_unique_genes', (select count(*) from masks),
  'overlap_statistics', json_build_object(
    'highest_overlap_count',
      (select coalesce(max(degree), 0) from intersections),
    'genes_in_all_sources', (select coalesce(sum(size), 0) from intersections
      where degree = (select count(*) from sources)),
    'single_source_combinations',
      (select count(*) from intersections where degree = 1),
    'single_source_genes',
      (select coalesce(sum(size), 0) from intersections where degree = 1),
    'multi_source_genes',
      (select coalesce(sum(size), 0) from intersections where degree > 1),
    'total_combinations', (select count(*) from intersections))
)::text`;
  return heavy("source-overlaps", { sql, parameters });
}

/** Least, greatest, mean and median of a column of `r`. */
function spread(column: string): string {
  return `'min', min(r.${column}), 'max', max(r.${column}),
    'mean', avg(r.${column}::double precision order by r.${column}),
    'median', percentile_cont(0.5) within group (
      order by r.${column}::double precision)`;
}

/**
 * For each source how many panels or publications name a gene, and its
 * scores: `{active_sources, sources: [{name, gene_count, counts: {min, max,
 * mean, median, histogram: [{count, gene_count}]}, scores: {…, histogram:
 * [{from, to, gene_count}]}}]}`. Scores fall into ten equal bins.
 */
export function sourceDistributions(
  options: StatisticsOptions = {},
): HeavyQuery {
  const parameters = new Parameters();
  const sql = `
with ${chosenGenes(parameters, options)}
select json_build_object(
  'active_sources', (select count(*) from sources),
  'sources', (select coalesce(json_agg(d.body order by d.source_name), '[]')
   from (
     select r.source_name, json_build_object(
       'name', r.source_name, 'gene_count', count(*),
       'counts', json_build_object(${spread("item_count")}, 'histogram', (
         select json_agg(json_build_object('count', h.item_count,
           'gene_count', h.n) order by h.item_count)
         from (select item_count, count(*) as n from scores
           where source_name = r.source_name group by item_count) h)),
       'scores', json_build_object(${spread("score")}, 'histogram', (
         select json_agg(json_build_object('from', b.bin::double precision / 10,
           'to', (b.bin + 1)::double precision / 10, 'gene_count', (
             select count(*) from scores x
             where x.source_name = r.source_name
               and least(floor(x.score * 10), 9) = b.bin)) order by b.bin)
         from generate_series(0, 9) b(bin)))) as body
     from scores r group by r.source_name
   ) d)
)::text`;
  return heavy("source-distributions", { sql, parameters });
}

/**
 * What the evidence is made of: `{tiers: [{tier, group, gene_count, share}],
 * groups: […], sources: [{name, gene_count, evidence_count, evidence_share,
 * score_share}], sources_per_gene: [{source_count, gene_count}],
 * summary_statistics}`. Genes with a score of 0 have no tier.
 */
export function evidenceComposition(
  options: StatisticsOptions = {},
): HeavyQuery {
  const parameters = new Parameters();
  const sql = `
with ${chosenGenes(parameters, options)}, totals as materialized (
  select count(*) as genes, coalesce(sum(evidence_count), 0) as evidence,
    coalesce(sum(source_count), 0) as sources,
    coalesce(sum(evidence_score order by id), 0) as score,
    count(*) filter (where evidence_tier is null) as without_tier
  from chosen
), score_total as (
  select coalesce(sum(score order by gene_id, source_name), 0) as total
  from scores
), evidence as materialized (
  select e.source_name, count(*) as n
  from gene_evidence e join chosen c on c.id = e.gene_id group by e.source_name
)
select json_build_object(
  'tiers', (select json_agg(json_build_object('tier', t.tier,
     'group', t.tier_group, 'gene_count', t.n,
     'share', ${share("t.n", "(select genes from totals)")}) order by t.at)
   from (select t.*, (select count(*) from chosen c
     where c.evidence_tier = t.tier) as n from ${TIER_ROWS}) t),
  'groups', (select json_agg(json_build_object('group', t.tier_group,
     'gene_count', t.n,
     'share', ${share("t.n", "(select genes from totals)")}) order by t.at)
   from (select t.*, (select count(*) from chosen c
     where c.evidence_group = t.tier_group) as n from ${GROUP_ROWS}) t),
  'sources', (select coalesce(json_agg(json_build_object(
     'name', s.source_name, 'gene_count', s.size, 'evidence_count', e.n,
     'evidence_share', ${share("e.n", "(select evidence from totals)")},
     'score_share', ${
    share(
      "(select sum(r.score order by r.gene_id) from scores r where r.source_name = s.source_name)",
      "(select total from score_total)",
    )
  }) order by s.source_name), '[]')
   from sources s join evidence e using (source_name)),
  'sources_per_gene', (select coalesce(json_agg(json_build_object(
     'source_count', h.source_count, 'gene_count', h.n)
     order by h.source_count), '[]')
   from (select source_count, count(*) as n from chosen
     group by source_count) h),
  'summary_statistics', (select json_build_object(
     'total_genes', t.genes, 'total_evidence_records', t.evidence,
     'genes_without_tier', t.without_tier,
     'avg_sources_per_gene', ${share("t.sources", "t.genes")},
     'avg_evidence_per_gene', ${share("t.evidence", "t.genes")},
     'avg_evidence_score', ${share("t.score", "t.genes")})
   from totals t)
)::text`;
  return heavy("evidence-composition", { sql, parameters });
}

/** The figures of an overview: `{overview, quality, coverage}`. */
export function summary(): HeavyQuery {
  const parameters = new Parameters();
  const sql = `
with ${chosenGenes(parameters, {})}, ${MASKS}, totals as materialized (
  select count(*) as genes, coalesce(sum(evidence_count), 0) as evidence,
    coalesce(sum(source_count), 0) as sources,
    coalesce(sum(evidence_score order by id), 0) as score,
    count(*) filter (where evidence_group = 'well_supported') as well_supported,
    count(*) filter (where source_count = 1) as single_source,
    count(*) filter (where source_count > 1) as multi_source
  from chosen
)
select json_build_object(
  'overview', json_build_object(
    'total_genes', t.genes,
    'known_genes', (select count(*) from genes),
    'active_sources', (select count(*) from sources),
    'total_intersections', (select count(*) from intersections),
    'genes_in_all_sources', (select coalesce(sum(size), 0) from intersections
      where degree = (select count(*) from sources))),
  'quality', json_build_object(
    'avg_sources_per_gene', ${share("t.sources", "t.genes")},
    'avg_evidence_score', ${share("t.score", "t.genes")},
    'total_evidence_records', t.evidence,
    'high_confidence_genes', t.well_supported),
  'coverage', json_build_object(
    'single_source_genes', t.single_source,
    'multi_source_genes', t.multi_source,
    'source_distribution_variety', (select count(*) from sources))
)::text
from totals t`;
  return heavy("statistics-summary", { sql, parameters });
}
