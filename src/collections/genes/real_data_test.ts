import assert from "node:assert/strict";
import {
  type EvidenceInput,
  onBothDatabases,
  putEvidence,
} from "./_test_database.ts";
import { modelGenes } from "./_test_model.ts";
import type { GeneTable } from "./schema.ts";
import { sourceOverlaps } from "./statistics.ts";

const FOLDER = new URL("../../../../shared/data/kidney/", import.meta.url);

interface SeedFile {
  id: string;
  genes: {
    symbol: string;
    hgnc_id: string | null;
    occurrence_count?: number;
  }[];
}

/** The rows of the 21 real files; undefined: they are not here. */
async function realEvidence(): Promise<EvidenceInput[] | undefined> {
  const rows = new Map<string, EvidenceInput>();
  try {
    for (const source of ["diagnostic_panels", "literature"]) {
      const folder = new URL(`${source}/`, FOLDER);
      for await (const { name } of Deno.readDir(folder)) {
        const text = await Deno.readTextFile(new URL(name, folder));
        const file = JSON.parse(text) as SeedFile;
        for (const gene of file.genes) {
          const { symbol, hgnc_id, occurrence_count } = gene;
          rows.set(`${source}/${file.id}/${symbol}`, {
            source,
            detail: file.id,
            symbol,
            hgncId: hgnc_id,
            data: occurrence_count === undefined ? {} : { occurrence_count },
          });
        }
      }
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return [...rows.values()];
}

const evidence = await realEvidence();

if (evidence === undefined) {
  console.log(`real evidence: left out, there is no ${FOLDER.pathname}`);
} else {
  onBothDatabases("real evidence", {
    "is scored as the model scores it": async (database) => {
      await putEvidence(database, evidence, { sliceRows: 2000 });
      const model = modelGenes([], evidence);
      const genes = await database.query<GeneTable>("select * from genes");
      assert.equal(genes.length, model.size);
      for (const gene of genes) {
        const expected = model.get(gene.id)!;
        assert.deepEqual(
          [gene.symbol, gene.evidence_score, gene.evidence_tier],
          [expected.symbol, expected.score, expected.tier],
        );
        assert.equal(gene.evidence_count, expected.evidence);
      }
    },

    "overlaps as counted by hand": async (database) => {
      await putEvidence(database, evidence, { sliceRows: 2000 });
      const inPanels = new Set<string>();
      const inPapers = new Set<string>();
      for (const { source, hgncId } of evidence) {
        (source === "literature" ? inPapers : inPanels).add(hgncId!);
      }
      const both = inPanels.intersection(inPapers).size;
      const answer = await database.heavy<{
        sets: unknown;
        intersections: { sets: string[]; size: number; genes: string[] }[];
        total_unique_genes: number;
      }>(sourceOverlaps({ detail: true }));
      assert.deepEqual(answer.sets, [
        { name: "diagnostic_panels", size: inPanels.size },
        { name: "literature", size: inPapers.size },
      ]);
      assert.equal(answer.total_unique_genes, inPanels.union(inPapers).size);
      const sizes = new Map(
        answer.intersections.map(({ sets, size }) => [sets.join("+"), size]),
      );
      assert.equal(sizes.get("diagnostic_panels+literature"), both);
      assert.equal(sizes.get("diagnostic_panels"), inPanels.size - both);
      assert.equal(sizes.get("literature"), inPapers.size - both);
      for (const { size, genes } of answer.intersections) {
        assert.equal(genes.length, size);
      }
    },
  });
}
