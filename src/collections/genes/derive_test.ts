import assert from "node:assert/strict";
import fc from "fast-check";
import {
  appendEvidence,
  type EvidenceInput,
  type HgncInput,
  onBothDatabases,
  putEvidence,
  putHgnc,
  type TestDatabase,
} from "./_test_database.ts";
import { modelGenes } from "./_test_model.ts";
import { deriveGenes } from "./derive.ts";
import type { GeneTable } from "./schema.ts";

const PKD1: HgncInput = {
  id: "HGNC:9008",
  symbol: "PKD1",
  aliases: ["PBP", "SHARED"],
  previous: ["OLD1", "BOTH"],
};
const PKD2: HgncInput = {
  id: "HGNC:9009",
  symbol: "PKD2",
  aliases: ["PC2", "SHARED", "OLD1"],
  previous: ["BOTH", "PKD1"],
};
const GONE: HgncInput = {
  id: "HGNC:1",
  symbol: "GONE",
  status: "Entry Withdrawn",
};

function panel(symbol: string, hgncId: string | null = null): EvidenceInput {
  return { source: "diagnostic_panels", detail: "a", symbol, hgncId };
}

async function allGenes(database: TestDatabase): Promise<GeneTable[]> {
  return await database.query<GeneTable>("select * from genes order by id");
}

async function geneOf(database: TestDatabase): Promise<Record<string, string>> {
  const rows = await database.query<{ symbol: string; gene_id: string }>(
    "select symbol, gene_id from gene_evidence order by symbol",
  );
  return Object.fromEntries(rows.map((row) => [row.symbol, row.gene_id]));
}

async function names(database: TestDatabase): Promise<Record<string, string>> {
  const rows = await database.query<{ name: string; gene: string }>(
    "select name, gene_id || ' ' || kind as gene from gene_names order by name",
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.gene]));
}

async function checkAgainstModel(
  database: TestDatabase,
  { hgnc, evidence }: { hgnc: HgncInput[]; evidence: EvidenceInput[] },
): Promise<void> {
  const model = modelGenes(hgnc, evidence);
  const genes = await allGenes(database);
  assert.deepEqual(
    genes.map((gene) => gene.id).sort(),
    [...model.keys()].sort(),
  );
  for (const gene of genes) {
    const expected = model.get(gene.id)!;
    assert.deepEqual({
      id: gene.id,
      symbol: gene.symbol,
      score: gene.evidence_score,
      tier: gene.evidence_tier,
      group: gene.evidence_group,
      evidence: gene.evidence_count,
      sources: gene.sources,
      count: gene.source_count,
    }, {
      id: expected.id,
      symbol: expected.symbol,
      score: expected.score,
      tier: expected.tier,
      group: expected.group,
      evidence: expected.evidence,
      sources: [...expected.bySource.keys()].sort(),
      count: expected.bySource.size,
    });
  }
}

const name = fc.constantFrom("A", "B", "C", "D", "E");
const hgncId = fc.constantFrom("HGNC:1", "HGNC:2", "HGNC:3", "HGNC:10");
const smallHgnc = fc.uniqueArray(
  fc.record({
    id: hgncId,
    symbol: name,
    status: fc.constantFrom("Approved", "Approved", "Entry Withdrawn"),
    aliases: fc.array(name, { maxLength: 3 }),
    previous: fc.array(name, { maxLength: 2 }),
  }),
  { selector: (gene) => gene.id, maxLength: 4 },
);
const smallEvidence = fc.uniqueArray(
  fc.record({
    source: fc.constantFrom("diagnostic_panels", "literature", "panelapp"),
    detail: fc.constantFrom("a", "b", "c"),
    symbol: name,
    hgncId: fc.option(hgncId),
    data: fc.oneof(
      fc.constant({}),
      fc.record({ occurrence_count: fc.integer({ min: 1, max: 4 }) }),
    ),
  }),
  {
    selector: (row) => `${row.source}/${row.detail}/${row.symbol}`,
    maxLength: 25,
  },
);

onBothDatabases("deriveGenes()", {
  "makes nothing of nothing": async (database) => {
    await putEvidence(database, []);
    assert.deepEqual(await allGenes(database), []);
    assert.deepEqual(await names(database), {});
  },

  "resolves by id, approved symbol, previous symbol, alias": async (
    database,
  ) => {
    await putHgnc(database, [PKD1, PKD2, GONE]);
    await putEvidence(database, [
      panel("WHATEVER", "HGNC:9009"),
      panel("PKD1"),
      panel("PKD2", "HGNC:404"),
      panel("OLD1"),
      panel("PC2"),
      panel("SHARED"),
      panel("BOTH"),
      panel("GONE", "HGNC:1"),
      panel("NEW"),
    ]);
    assert.deepEqual(await geneOf(database), {
      // A known id counts more than the symbol.
      WHATEVER: "HGNC:9009",
      // Approved for one, previous of the other.
      PKD1: "HGNC:9008",
      // An id that HGNC does not know counts less than a symbol that it does.
      PKD2: "HGNC:9009",
      // Previous of one, alias of the other.
      OLD1: "HGNC:9008",
      PC2: "HGNC:9009",
      // Two claim these alike: they name nothing.
      SHARED: "symbol:SHARED",
      BOTH: "symbol:BOTH",
      // Withdrawn: not a gene of HGNC's.
      GONE: "HGNC:1",
      NEW: "symbol:NEW",
    });
    assert.deepEqual(await names(database), {
      BOTH: "symbol:BOTH 1",
      GONE: "HGNC:1 1",
      NEW: "symbol:NEW 1",
      OLD1: "HGNC:9008 2",
      PBP: "HGNC:9008 3",
      PC2: "HGNC:9009 3",
      PKD1: "HGNC:9008 1",
      PKD2: "HGNC:9009 1",
      SHARED: "symbol:SHARED 1",
    });
    const genes = await allGenes(database);
    assert.deepEqual(
      genes.filter((gene) => gene.approved).map((gene) => gene.id),
      ["HGNC:9008", "HGNC:9009"],
    );
  },

  "joins rows that share an id or a symbol into one gene": async (database) => {
    await putEvidence(database, [
      panel("NEW", "HGNC:7"),
      { ...panel("NEW"), detail: "b" },
      { ...panel("NEWER", "HGNC:7"), source: "literature", detail: "1" },
      { ...panel("ODD", "HGNC:8"), source: "literature", detail: "1" },
      { ...panel("ODD", "HGNC:7"), source: "literature", detail: "2" },
      { ...panel("ODD", "HGNC:8"), source: "literature", detail: "3" },
    ]);
    const genes = await allGenes(database);
    assert.deepEqual(
      genes.map((gene) => [gene.id, gene.symbol, gene.alias_symbols]),
      [["HGNC:7", "NEW", ["NEWER"]], ["HGNC:8", "ODD", []]],
    );
    assert.deepEqual(await names(database), {
      NEW: "HGNC:7 1",
      NEWER: "HGNC:7 3",
      ODD: "HGNC:8 1",
    });
  },

  "ranks genes within a source": async (database) => {
    const counts = { A: 1, B: 1, C: 3, D: 9, E: 9 };
    await putEvidence(database, [
      ...Object.entries(counts).map(([symbol, occurrence_count]) => ({
        ...panel(symbol),
        data: { occurrence_count },
      })),
      { source: "literature", detail: "1", symbol: "D" },
    ]);
    const genes = await allGenes(database);
    assert.deepEqual(
      genes.map((gene) => [gene.symbol, gene.evidence_score]),
      // The only gene of a source gets 0 from it; two sources are active.
      [["A", 0], ["B", 0], ["C", 25], ["D", 37.5], ["E", 37.5]],
    );
    assert.deepEqual(
      genes.map((gene) => [gene.evidence_tier, gene.evidence_group]),
      [
        [null, null],
        [null, null],
        ["preliminary", "emerging_evidence"],
        ["established", "well_supported"],
        ["preliminary", "emerging_evidence"],
      ],
    );
  },

  "weighs the classifications of gencc and clingen": async (database) => {
    const said = (
      source: string,
      [detail, symbol, classification]: [string, string, string],
    ) => ({ source, detail, symbol, data: { classification } });
    await putEvidence(database, [
      said("gencc", ["a", "A", "Limited"]),
      said("gencc", ["b", "A", "Strong"]),
      said("gencc", ["a", "B", "Refuted"]),
      said("clingen", ["a", "A", "Limited"]),
      said("clingen", ["b", "A", "Definitive"]),
    ]);
    const scores = await database.query(
      `select gene_id, source_name, score from gene_source_scores
       order by gene_id, source_name`,
    );
    assert.deepEqual(scores, [
      { gene_id: "symbol:A", source_name: "clingen", score: 0.4 },
      { gene_id: "symbol:A", source_name: "gencc", score: 0.8 },
      { gene_id: "symbol:B", source_name: "gencc", score: 0 },
    ]);
  },

  "takes counts that are not sane for what they can mean": async (database) => {
    const counts = ["many", -5, 1e300, null, 2.4];
    await putEvidence(
      database,
      counts.map((occurrence_count, index) => ({
        ...panel(`S${index}`),
        data: { occurrence_count },
      })),
    );
    const rows = await database.query<{ item_count: number }>(
      "select item_count from gene_source_scores order by gene_id",
    );
    assert.deepEqual(
      rows.map((row) => row.item_count),
      [1, 1, 1_000_000, 1, 2],
    );
  },

  "counts the version of this load in place of the current one": async (
    database,
  ) => {
    await putEvidence(database, [
      panel("A"),
      { ...panel("B"), detail: "b" },
    ]);
    await appendEvidence(database, [panel("C")], { loadId: () => "next" });
    const { rebuilt } = await database.publish(async (publication) => {
      await deriveGenes(publication, {
        replacing: {
          sourceName: "diagnostic_panels",
          sourceDetail: "a",
          loadId: "next",
        },
        withoutSample: false,
      });
      return [];
    });
    assert.deepEqual(await geneOf(database), {
      B: "symbol:B",
      C: "symbol:C",
    });
    assert.deepEqual(Object.keys(await names(database)), ["B", "C"]);
    assert.equal(rebuilt.includes("gene_name_claims"), false);
  },

  "leaves names alone when only scores change": async (database) => {
    await putHgnc(database, [PKD1, PKD2]);
    await putEvidence(database, [panel("PKD1")]);
    await appendEvidence(database, [{ ...panel("PKD2"), detail: "b" }], {
      loadId: () => "next",
    });
    const { rebuilt } = await database.publish((publication) =>
      deriveGenes(publication, {
        replacing: {
          sourceName: "diagnostic_panels",
          sourceDetail: "b",
          loadId: "next",
        },
        withoutSample: false,
      })
    );
    assert.deepEqual(rebuilt, [
      "gene_evidence",
      "gene_source_scores",
      "genes",
      "gene_facets",
    ]);
    assert.deepEqual(
      (await allGenes(database)).map((gene) => [gene.id, gene.evidence_count]),
      [["HGNC:9008", 1], ["HGNC:9009", 1]],
    );
    assert.deepEqual(await names(database), {
      OLD1: "HGNC:9008 2",
      PBP: "HGNC:9008 3",
      PC2: "HGNC:9009 3",
      PKD1: "HGNC:9008 1",
      PKD2: "HGNC:9009 1",
    });
  },

  "gives evidence to genes that HGNC learned of": async (database) => {
    await putEvidence(database, [panel("OLD1"), panel("PKD2")]);
    assert.deepEqual(
      (await allGenes(database)).map((gene) => gene.id),
      ["symbol:OLD1", "symbol:PKD2"],
    );
    await putHgnc(database, [PKD1, PKD2]);
    await database.publish((publication) =>
      deriveGenes(publication, { hgncReplaced: true, withoutSample: false })
    );
    assert.deepEqual(await geneOf(database), {
      OLD1: "HGNC:9008",
      PKD2: "HGNC:9009",
    });
    assert.deepEqual(
      (await allGenes(database)).map((gene) => gene.id),
      ["HGNC:9008", "HGNC:9009"],
    );
  },

  "lets two genes exchange their symbols": async (database) => {
    await putHgnc(database, [
      { id: "HGNC:1", symbol: "A" },
      { id: "HGNC:2", symbol: "B" },
    ]);
    await putEvidence(database, [panel("A")]);
    await putHgnc(database, [
      { id: "HGNC:1", symbol: "B" },
      { id: "HGNC:2", symbol: "A" },
    ]);
    await putEvidence(database, [panel("A")]);
    assert.deepEqual(
      (await allGenes(database)).map((gene) => [gene.id, gene.symbol]),
      [["HGNC:1", "B"], ["HGNC:2", "A"]],
    );
    assert.deepEqual(await geneOf(database), { A: "HGNC:2" });
  },

  "agrees with the model on small inputs": async (database) => {
    await fc.assert(
      fc.asyncProperty(smallHgnc, smallEvidence, async (hgnc, evidence) => {
        await putHgnc(database, hgnc);
        await putEvidence(database, evidence, { sliceRows: 10 });
        await checkAgainstModel(database, { hgnc, evidence });
      }),
      { numRuns: 25 },
    );
  },
});
