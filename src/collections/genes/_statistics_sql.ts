/**
 * Parts that the statistics share. All count genes that evidence names, and
 * all work on the narrow gene_source_scores: one row for a gene and source.
 *
 * @module
 */
import { GROUPS, TIERS } from "./tiers.ts";

/** Which genes the statistics count. */
export interface StatisticsOptions {
  /** Only genes of these tiers. @default {every gene with evidence} */
  tiers?: readonly string[];
  /** Leave out genes with a score of 0. @default {false} */
  hideZeroScores?: boolean;
}

/** A query under construction: text with `$1`, `$2`, … and their values. */
export class Parameters {
  readonly values: unknown[] = [];

  /** A list of texts, as one parameter that every driver carries alike. */
  texts(values: readonly string[]): string {
    this.values.push(JSON.stringify(values));
    return `array(select jsonb_array_elements_text($${this.values.length}::text::jsonb))`;
  }
}

/**
 * `chosen`: the genes that count. `scores`: their rows by source. `sources`:
 * the sources, numbered from 0 in the order of their names.
 */
export function chosenGenes(
  parameters: Parameters,
  options: StatisticsOptions & { sources?: readonly string[] },
): string {
  const conditions = ["g.source_count > 0"];
  if (options.tiers !== undefined) {
    conditions.push(
      `g.evidence_tier = any(${parameters.texts(options.tiers)})`,
    );
  }
  if (options.hideZeroScores === true) conditions.push("g.evidence_score > 0");
  const ofSources = options.sources === undefined
    ? ""
    : `where s.source_name = any(${parameters.texts(options.sources)})`;
  return `
chosen as materialized (
  select g.id, g.symbol, g.evidence_score, g.evidence_tier, g.evidence_group,
    g.evidence_count, g.source_count
  from genes g where ${conditions.join(" and ")}
), scores as materialized (
  select s.gene_id, s.source_name, s.score, s.item_count
  from gene_source_scores s join chosen c on c.id = s.gene_id ${ofSources}
), sources as materialized (
  select source_name, count(*) as size,
    row_number() over (order by source_name) - 1 as at
  from scores group by source_name
)`;
}

/** Tiers and groups as a relation, best first. */
export const TIER_ROWS = `(values ${
  TIERS.map(({ tier, group }, at) => `('${tier}', '${group}', ${at})`).join(
    ", ",
  )
}) t(tier, tier_group, at)`;

/** Groups as a relation, best first. */
export const GROUP_ROWS = `(values ${
  GROUPS.map((group, at) => `('${group}', ${at})`).join(", ")
}) t(tier_group, at)`;

/** `part / whole`, 0 where there is nothing. */
export function share(part: string, whole: string): string {
  return `coalesce((${part})::double precision / nullif(${whole}, 0), 0)`;
}
