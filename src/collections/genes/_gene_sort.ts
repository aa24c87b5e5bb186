import { ProblemError } from "../../errors.ts";
import { GROUPS, TIERS } from "./tiers.ts";

/** How the list is sorted where the query does not say. */
export const DEFAULT_GENE_SORT = "-evidence_score,approved_symbol";

/** Position of a value in a list, best first, for sorting. */
function rank(column: string, values: readonly string[]): string {
  const branches = values.map((value, index) =>
    `when '${value}' then ${index}`
  );
  return `case ${column} ${branches.join(" ")} else ${values.length} end`;
}

const SORT_FIELDS: Readonly<Record<string, string>> = {
  id: "g.id",
  symbol: "g.symbol",
  approved_symbol: "g.symbol",
  hgnc_id: "g.hgnc_id",
  name: "g.name",
  score: "g.evidence_score",
  evidence_score: "g.evidence_score",
  count: "g.evidence_count",
  evidence_count: "g.evidence_count",
  source_count: "g.source_count",
  evidence_tier: rank("g.evidence_tier", TIERS.map(({ tier }) => tier)),
  evidence_group: rank("g.evidence_group", GROUPS),
};

const NULLABLE = new Set(["hgnc_id", "name"]);

/** The fields that the list can be sorted by. */
export const GENE_SORT_FIELDS: readonly string[] = Object.keys(SORT_FIELDS);

/**
 * The `order by` of a sort parameter. The symbol, which is unique, settles
 * ties. Genes that lack a value come last.
 *
 * @throws {ProblemError} invalid-parameter: no such field.
 */
export function orderBy(sort: string): string {
  const terms: string[] = [];
  for (const part of sort.split(",")) {
    const descending = part.startsWith("-");
    const field = part.slice(descending ? 1 : 0);
    const column = Object.hasOwn(SORT_FIELDS, field)
      ? SORT_FIELDS[field]
      : undefined;
    if (column === undefined) {
      throw new ProblemError("invalid-parameter", {
        detail: `Cannot sort genes by "${field}": it is none of ${
          GENE_SORT_FIELDS.join(", ")
        }`,
        errors: [{ field: "sort", detail: `No such field: ${field}` }],
      });
    }
    terms.push(
      `${column}${descending ? " desc" : ""}${
        NULLABLE.has(field) ? " nulls last" : ""
      }`,
    );
  }
  if (!terms.some((term) => /^g\.(symbol|id)( desc)?$/.test(term))) {
    terms.push("g.symbol");
  }
  return terms.join(", ");
}
