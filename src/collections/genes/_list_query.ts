import { type Kysely, type RawBuilder, sql } from "kysely";
import { DEFAULT_GENE_SORT, orderBy } from "./_gene_sort.ts";
import type { GenesSchema } from "./schema.ts";
import { type Group, GROUPS, type Tier, TIERS } from "./tiers.ts";

/** Which genes to list, and how. Limits are the caller's to check. */
export interface GeneListQuery {
  /** From 1. @default {1} */
  page?: number;
  /** Genes of a page, at most 100. @default {20} */
  size?: number;
  /** Comma-separated fields, `-` before one for descending. */
  sort?: string;
  /** Part of a symbol, name, alias or HGNC id, in any case. */
  search?: string;
  minScore?: number;
  maxScore?: number;
  /** Rows of evidence. */
  minCount?: number;
  maxCount?: number;
  /** Any of these sources names the gene. */
  sources?: readonly string[];
  tiers?: readonly Tier[];
  groups?: readonly Group[];
  /** Gene ids, at most 5,000. */
  ids?: readonly string[];
  /** Leave out genes with a score of 0. @default {false} */
  hideZeroScores?: boolean;
}

/** Texts as one parameter that every driver carries alike. */
function texts(values: readonly string[]): RawBuilder<string[]> {
  return sql`array(select jsonb_array_elements_text(${
    JSON.stringify(values)
  }::text::jsonb))`;
}

function conditions(query: GeneListQuery): RawBuilder<unknown>[] {
  const where: RawBuilder<unknown>[] = [];
  const search = query.search?.trim();
  if (search !== undefined && search !== "") {
    where.push(
      sql`position(upper(${search}::text collate "C") in g.search_text) > 0`,
    );
  }
  const range = (
    column: "evidence_score" | "evidence_count",
    { min, max }: { min: number | undefined; max: number | undefined },
  ) => {
    const ref = sql.ref(`g.${column}`);
    if (min !== undefined) {
      where.push(sql`${ref} >= ${min}::double precision`);
    }
    if (max !== undefined) {
      where.push(sql`${ref} <= ${max}::double precision`);
    }
  };
  range("evidence_score", { min: query.minScore, max: query.maxScore });
  range("evidence_count", { min: query.minCount, max: query.maxCount });
  if (query.sources !== undefined) {
    where.push(sql`g.sources && ${texts(query.sources)}`);
  }
  if (query.tiers !== undefined) {
    where.push(sql`g.evidence_tier = any(${texts(query.tiers)})`);
  }
  if (query.groups !== undefined) {
    where.push(sql`g.evidence_group = any(${texts(query.groups)})`);
  }
  if (query.ids !== undefined) {
    where.push(sql`g.id = any(${texts(query.ids)})`);
  }
  return where;
}

interface ListRow {
  data: string;
  total: number | null;
  zero: number | null;
  facets: string | null;
}

/** What gene_facets knows of all genes. */
interface Facets {
  total: number;
  scored: number;
  max_count: number;
  sources: string[];
  tiers: Record<string, number>;
}

const NO_FACETS: Facets = {
  total: 0,
  scored: 0,
  max_count: 0,
  sources: [],
  tiers: {},
};

/** What `order by` may name. */
const SORT_COLUMNS = sql.raw(
  `g.id, g.symbol, g.hgnc_id, g.name, g.evidence_score,
  g.evidence_tier, g.evidence_group, g.evidence_count, g.source_count`,
);

const RESOURCE = `json_build_object('type', 'genes', 'id', g.id,
  'attributes', json_build_object('hgnc_id', g.hgnc_id,
    'approved_symbol', g.symbol, 'name', g.name, 'aliases', g.alias_symbols,
    'previous_symbols', g.prev_symbols, 'evidence_score', g.evidence_score,
    'evidence_tier', g.evidence_tier, 'evidence_group', g.evidence_group,
    'evidence_count', g.evidence_count, 'source_count', g.source_count,
    'sources', g.sources))`;

/** Tier counts by group, every tier named, with the group's total. */
function tierCounts(counts: Readonly<Record<string, number>>) {
  return Object.fromEntries(GROUPS.map((group) => {
    const tiers = TIERS.filter((entry) => entry.group === group)
      .map(({ tier }) => [tier, counts[tier] ?? 0] as const);
    const total = tiers.reduce((sum, [, count]) => sum + count, 0);
    return [group, { ...Object.fromEntries(tiers), total }];
  }));
}

/**
 * Lists genes as a JSON:API document.
 *
 * @param link Answers the URL of a page (its number from 1).
 * @returns The document as JSON text.
 * @throws {ProblemError} invalid-parameter: no such sort field.
 */
export async function geneListDocument(
  db: Kysely<GenesSchema>,
  query: GeneListQuery,
  options: { link: (page: number) => string },
): Promise<string> {
  const { page = 1, size = 20, hideZeroScores = false } = query;
  const where = conditions(query);
  const order = sql.raw(orderBy(query.sort ?? DEFAULT_GENE_SORT));
  // Filters are looked at once, for the count and for the page; without any,
  // the page comes from an index and the count from the facets.
  const filtered = where.length > 0;
  const matching = filtered
    ? sql`matching as materialized (
        select ${SORT_COLUMNS} from genes g where ${sql.join(where, sql` and `)}
      ),`
    : sql``;
  const { rows } = await sql<ListRow>`
with ${matching} page as materialized (
  select g.id, row_number() over (order by ${order}) as at
  from (
    select ${SORT_COLUMNS} from ${filtered ? sql`matching` : sql`genes`} g
    ${hideZeroScores ? sql`where g.evidence_score > 0` : sql``}
    order by ${order}
    limit ${size}::integer offset ${(page - 1) * size}::bigint
  ) g
)
select
  (select coalesce(json_agg(${sql.raw(RESOURCE)} order by p.at), '[]')::text
   from page p join genes g on g.id = p.id) as data,
  ${
    filtered
      ? sql`(select count(*)::integer from matching) as total,
  (select count(*)::integer from matching g where g.evidence_score <= 0)`
      : sql`null::integer as total, null::integer`
  } as zero,
  (select to_json(f)::text from gene_facets f where f.id = 1) as facets`
    .execute(db);
  const row = rows[0]!;
  const facets: Facets = row.facets === null
    ? NO_FACETS
    : JSON.parse(row.facets);
  const matched = row.total ?? facets.total;
  const hidden = hideZeroScores ? row.zero ?? facets.total - facets.scored : 0;
  const total = matched - hidden;
  const pages = Math.ceil(total / size);
  const { link } = options;
  const meta = {
    total,
    page,
    per_page: size,
    page_count: pages,
    total_genes: facets.total,
    hidden_zero_scores: hidden,
    filters: {
      evidence_score: { min: 0, max: 100 },
      evidence_count: { min: 0, max: facets.max_count },
      available_sources: facets.sources,
    },
    evidence_tiers: tierCounts(facets.tiers),
    valid_tiers: TIERS.map(({ tier }) => tier),
    valid_groups: GROUPS,
  };
  const links = {
    self: link(page),
    first: link(1),
    last: link(Math.max(1, pages)),
    prev: page > 1 ? link(Math.min(page - 1, Math.max(1, pages))) : null,
    next: page < pages ? link(page + 1) : null,
  };
  return `{"data":${row.data},"meta":${JSON.stringify(meta)},"links":${
    JSON.stringify(links)
  }}`;
}
