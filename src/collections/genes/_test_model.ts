/**
 * What deriving must answer, written a second time and in another manner.
 *
 * @module
 */
import type { EvidenceInput, HgncInput } from "./_test_database.ts";
import { tierOf } from "./tiers.ts";

/** A gene as the model scores it. */
export interface ModelGene {
  id: string;
  symbol: string;
  score: number;
  tier: string | null;
  group: string | null;
  evidence: number;
  bySource: Map<string, number>;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function tally(values: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]));
}

/** Answers which gene a row is about. */
function resolver(
  hgnc: readonly HgncInput[],
  rows: readonly EvidenceInput[],
): {
  approved: Map<string, HgncInput>;
  resolve: (row: EvidenceInput) => string;
} {
  const approved = new Map(
    hgnc.filter((gene) => (gene.status ?? "Approved") === "Approved")
      .map((gene) => [gene.id, gene]),
  );
  const claimants = (name: string, of: (gene: HgncInput) => string[]) =>
    [...approved.values()].filter((gene) => of(gene).includes(name))
      .map((gene) => gene.id);
  const bySameSymbol = Map.groupBy(rows, (row) => row.symbol);
  const resolve = ({ symbol, hgncId }: EvidenceInput): string => {
    if (hgncId && approved.has(hgncId)) return hgncId;
    for (
      const of of [
        (gene: HgncInput) => [gene.symbol],
        (gene: HgncInput) => gene.previous ?? [],
        (gene: HgncInput) => gene.aliases ?? [],
      ]
    ) {
      const ids = claimants(symbol, of);
      if (ids.length === 1) return ids[0]!;
      if (ids.length > 1) break;
    }
    const ids = (bySameSymbol.get(symbol) ?? [])
      .flatMap((row) => row.hgncId ? [row.hgncId] : []);
    return tally(ids)[0]?.[0] ?? `symbol:${symbol}`;
  };
  return { approved, resolve };
}

/** Scores genes by hand. */
export function modelGenes(
  hgnc: readonly HgncInput[],
  rows: readonly EvidenceInput[],
): Map<string, ModelGene> {
  const { approved, resolve } = resolver(hgnc, rows);
  const byGene = Map.groupBy(rows, resolve);
  const sources = [...new Set(rows.map((row) => row.source))].sort(compare);
  const scores = new Map<string, Map<string, number>>();
  for (const source of sources) {
    const counts = new Map<string, number>();
    for (const [id, ofGene] of byGene) {
      const details = Map.groupBy(
        ofGene.filter((row) => row.source === source),
        (row) => row.detail,
      );
      if (details.size === 0) continue;
      let count = 0;
      for (const inDetail of details.values()) {
        count += Math.max(
          ...inDetail.map((row) => Number(row.data?.occurrence_count ?? 1)),
        );
      }
      counts.set(id, count);
    }
    const all = [...counts.values()];
    for (const [id, count] of counts) {
      const below = all.filter((other) => other < count).length;
      const score = all.length === 1 ? 0 : below / (all.length - 1);
      scores.set(id, (scores.get(id) ?? new Map()).set(source, score));
    }
  }
  const genes = new Map<string, ModelGene>();
  for (const id of new Set([...approved.keys(), ...byGene.keys()])) {
    const ofGene = byGene.get(id) ?? [];
    const bySource = scores.get(id) ?? new Map<string, number>();
    let sum = 0;
    for (const source of sources) sum += bySource.get(source) ?? 0;
    const score = sum / Math.max(1, sources.length) * 100;
    const tier = tierOf({ score, sources: bySource.size });
    genes.set(id, {
      id,
      symbol: approved.get(id)?.symbol ??
        tally(ofGene.map((row) => row.symbol))[0]![0],
      score,
      tier: tier?.tier ?? null,
      group: tier?.group ?? null,
      evidence: ofGene.length,
      bySource,
    });
  }
  return genes;
}
