import assert from "node:assert/strict";
import {
  onBothDatabases,
  putEvidence,
  putHgnc,
  type TestDatabase,
} from "./_test_database.ts";
import {
  evidenceComposition,
  sourceDistributions,
  sourceOverlaps,
  summary,
} from "./statistics.ts";

/** A: both sources, twice in one; B: both; C: panels; E: HGNC alone. */
async function putGenes(database: TestDatabase): Promise<void> {
  await putHgnc(database, [{ id: "HGNC:5", symbol: "E" }]);
  const panels = (symbol: string, occurrence_count: number) => ({
    source: "diagnostic_panels",
    detail: "natera",
    symbol,
    data: { occurrence_count },
  });
  const paper = (symbol: string, detail: string) => ({
    source: "literature",
    detail,
    symbol,
  });
  await putEvidence(database, [
    panels("A", 5),
    panels("B", 1),
    panels("C", 1),
    paper("A", "1"),
    paper("A", "2"),
    paper("B", "1"),
  ]);
}

onBothDatabases("statistics", {
  "are zeros and empty lists without data": async (database) => {
    assert.deepEqual(await database.heavy(sourceOverlaps({ detail: true })), {
      sets: [],
      intersections: [],
      total_unique_genes: 0,
      overlap_statistics: {
        highest_overlap_count: 0,
        genes_in_all_sources: 0,
        single_source_combinations: 0,
        single_source_genes: 0,
        multi_source_genes: 0,
        total_combinations: 0,
      },
    });
    assert.deepEqual(await database.heavy(sourceDistributions()), {
      active_sources: 0,
      sources: [],
    });
    const empty = await database.heavy<Record<string, unknown>>(
      evidenceComposition(),
    );
    assert.deepEqual(empty.summary_statistics, {
      total_genes: 0,
      total_evidence_records: 0,
      genes_without_tier: 0,
      avg_sources_per_gene: 0,
      avg_evidence_per_gene: 0,
      avg_evidence_score: 0,
    });
    assert.deepEqual(empty.sources, []);
    assert.deepEqual(empty.sources_per_gene, []);
    assert.deepEqual(empty.groups, [
      { group: "well_supported", gene_count: 0, share: 0 },
      { group: "emerging_evidence", gene_count: 0, share: 0 },
    ]);
    assert.deepEqual(await database.heavy(summary()), {
      overview: {
        total_genes: 0,
        known_genes: 0,
        active_sources: 0,
        total_intersections: 0,
        genes_in_all_sources: 0,
      },
      quality: {
        avg_sources_per_gene: 0,
        avg_evidence_score: 0,
        total_evidence_records: 0,
        high_confidence_genes: 0,
      },
      coverage: {
        single_source_genes: 0,
        multi_source_genes: 0,
        source_distribution_variety: 0,
      },
    });
  },

  "count which sources overlap": async (database) => {
    await putGenes(database);
    const expected = {
      sets: [
        { name: "diagnostic_panels", size: 3 },
        { name: "literature", size: 2 },
      ],
      intersections: [
        { sets: ["diagnostic_panels", "literature"], size: 2 },
        { sets: ["diagnostic_panels"], size: 1 },
      ],
      total_unique_genes: 3,
      overlap_statistics: {
        highest_overlap_count: 2,
        genes_in_all_sources: 2,
        single_source_combinations: 1,
        single_source_genes: 1,
        multi_source_genes: 2,
        total_combinations: 2,
      },
    };
    assert.deepEqual(await database.heavy(sourceOverlaps()), expected);
    const detailed = await database.heavy<typeof expected>(
      sourceOverlaps({ detail: true }),
    );
    assert.deepEqual(detailed.intersections, [
      {
        sets: ["diagnostic_panels", "literature"],
        size: 2,
        genes: ["A", "B"],
      },
      { sets: ["diagnostic_panels"], size: 1, genes: ["C"] },
    ]);
    const one = await database.heavy<typeof expected>(
      sourceOverlaps({ sources: ["literature", "x'; --"] }),
    );
    assert.deepEqual(one.sets, [{ name: "literature", size: 2 }]);
    assert.equal(one.total_unique_genes, 2);
    const hidden = await database.heavy<typeof expected>(
      sourceOverlaps({ hideZeroScores: true, detail: true }),
    );
    assert.equal(hidden.total_unique_genes, 1);
    const tiers = await database.heavy<typeof expected>(
      sourceOverlaps({ tiers: ["minimal"] }),
    );
    assert.deepEqual(tiers.sets, []);
  },

  "tell how counts and scores are distributed": async (database) => {
    await putGenes(database);
    interface Distribution {
      name: string;
      counts: Record<string, unknown>;
      scores: { histogram: { gene_count: number }[] };
    }
    const { sources } = await database.heavy<{ sources: Distribution[] }>(
      sourceDistributions(),
    );
    assert.deepEqual(sources.map((source) => source.name), [
      "diagnostic_panels",
      "literature",
    ]);
    assert.deepEqual(sources[0]!.counts, {
      min: 1,
      max: 5,
      mean: 7 / 3,
      median: 1,
      histogram: [{ count: 1, gene_count: 2 }, { count: 5, gene_count: 1 }],
    });
    const { histogram, ...spread } = sources[1]!.scores;
    assert.deepEqual(spread, { min: 0, max: 1, mean: 0.5, median: 0.5 });
    assert.deepEqual(histogram[0], { from: 0, to: 0.1, gene_count: 1 });
    assert.deepEqual(histogram[9], { from: 0.9, to: 1, gene_count: 1 });
    assert.equal(histogram.length, 10);
  },

  "tell what the evidence is made of": async (database) => {
    await putGenes(database);
    const composition = await database.heavy<Record<string, unknown[]>>(
      evidenceComposition(),
    );
    assert.deepEqual(composition.tiers!.slice(2, 3), [{
      tier: "established",
      group: "well_supported",
      gene_count: 1,
      share: 1 / 3,
    }]);
    assert.deepEqual(composition.sources, [
      {
        name: "diagnostic_panels",
        gene_count: 3,
        evidence_count: 3,
        evidence_share: 0.5,
        score_share: 0.5,
      },
      {
        name: "literature",
        gene_count: 2,
        evidence_count: 3,
        evidence_share: 0.5,
        score_share: 0.5,
      },
    ]);
    assert.deepEqual(composition.sources_per_gene, [
      { source_count: 1, gene_count: 1 },
      { source_count: 2, gene_count: 2 },
    ]);
    assert.deepEqual(composition.summary_statistics, {
      total_genes: 3,
      total_evidence_records: 6,
      genes_without_tier: 2,
      avg_sources_per_gene: 5 / 3,
      avg_evidence_per_gene: 2,
      avg_evidence_score: 100 / 3,
    });
  },

  "add up in the summary": async (database) => {
    await putGenes(database);
    assert.deepEqual(await database.heavy(summary()), {
      overview: {
        total_genes: 3,
        known_genes: 4,
        active_sources: 2,
        total_intersections: 2,
        genes_in_all_sources: 2,
      },
      quality: {
        avg_sources_per_gene: 5 / 3,
        avg_evidence_score: 100 / 3,
        total_evidence_records: 6,
        high_confidence_genes: 1,
      },
      coverage: {
        single_source_genes: 1,
        multi_source_genes: 2,
        source_distribution_variety: 2,
      },
    });
  },
});
