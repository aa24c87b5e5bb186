/** How well a gene is supported, best first. */
export const TIERS = [
  {
    tier: "comprehensive",
    group: "well_supported",
    minSources: 4,
    minScore: 50,
  },
  {
    tier: "multi_source",
    group: "well_supported",
    minSources: 3,
    minScore: 35,
  },
  { tier: "established", group: "well_supported", minSources: 2, minScore: 20 },
  {
    tier: "preliminary",
    group: "emerging_evidence",
    minSources: 0,
    minScore: 10,
  },
  /** Every score above zero. */
  { tier: "minimal", group: "emerging_evidence", minSources: 0, minScore: 0 },
] as const;

/** The name of a tier. */
export type Tier = typeof TIERS[number]["tier"];

/** Groups of tiers, best first. */
export const GROUPS = ["well_supported", "emerging_evidence"] as const;

/** The name of a group of tiers. */
export type Group = typeof GROUPS[number];

/** Answers the tier of a gene; undefined for a score of zero. */
export function tierOf(
  { score, sources }: { score: number; sources: number },
): typeof TIERS[number] | undefined {
  if (score <= 0) return undefined;
  return TIERS.find(({ minSources, minScore }) =>
    sources >= minSources && score >= minScore
  );
}

/** The same choice as {@linkcode tierOf}, as an SQL expression. */
export function tierCase(
  field: "tier" | "group",
  { score, sources }: { score: string; sources: string },
): string {
  const branches = TIERS.map((entry) =>
    `when ${sources} >= ${entry.minSources} and ${score} >= ${entry.minScore} then '${
      entry[field]
    }'`
  );
  return `case when ${score} <= 0 then null ${branches.join(" ")} end`;
}
