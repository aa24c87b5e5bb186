import assert from "node:assert/strict";
import {
  appendEvidence,
  onBothDatabases,
  putEvidence,
  putHgnc,
  type TestDatabase,
} from "./_test_database.ts";
import { deriveGenes } from "./derive.ts";
import { clearSample } from "./sample.ts";

/** HGNC, Descartes and one panel, all of them sample data. */
async function putSample(database: TestDatabase): Promise<void> {
  await putHgnc(database, [{
    id: "HGNC:9000001",
    symbol: "SAMPLE1",
    aliases: ["SAMPLEALIAS"],
  }]);
  await database.query("insert into descartes_tpm values ('SAMPLE1', 1)");
  await database.query(
    "insert into descartes_percentage values ('SAMPLE1', 1)",
  );
  for (
    const [source, part] of [
      ["hgnc", ""],
      ["descartes", "tpm"],
      ["descartes", "percentage"],
      ["diagnostic_panels", "sample"],
    ]
  ) {
    await database.query(
      "insert into source_state (source, part, sample) values ($1, $2, true)",
      [source, part],
    );
  }
  await putEvidence(database, [
    { source: "diagnostic_panels", detail: "sample", symbol: "SAMPLE1" },
  ], { sample: true });
}

async function counts(
  database: TestDatabase,
  tables: string[],
): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const table of tables) {
    const [row] = await database.query<{ n: number }>(
      `select count(*)::integer as n from ${table}`,
    );
    found[table] = row!.n;
  }
  return found;
}

const ALL = [
  "hgnc",
  "descartes_tpm",
  "descartes_percentage",
  "evidence_rows",
  "evidence_current",
  "source_state",
  "genes",
  "gene_names",
  "gene_name_claims",
  "gene_evidence",
  "gene_source_scores",
];

function loadOf(source: string, fields: Record<string, unknown> = {}) {
  return { input: { source, fields } };
}

onBothDatabases("clearSample()", {
  "leaves nothing but what the load brought": async (database) => {
    await putSample(database);
    await database.publish(async (publication) => {
      await database.query("delete from descartes_tpm");
      await database.query("insert into descartes_tpm values ('PKD1', 7)");
      return await clearSample(
        publication,
        loadOf("descartes", { part: "tpm" }),
      );
    });
    const left = await counts(database, ALL);
    assert.deepEqual(
      Object.entries(left).filter(([, count]) => count > 0),
      [["descartes_tpm", 1]],
    );
  },

  "goes with a load of evidence that derives": async (database) => {
    await putSample(database);
    await appendEvidence(database, [
      { source: "diagnostic_panels", detail: "a", symbol: "SAMPLEALIAS" },
    ], { loadId: () => "real" });
    const load = (withoutSample: boolean) =>
      database.publish(async (publication) => {
        await deriveGenes(publication, {
          replacing: {
            sourceName: "diagnostic_panels",
            sourceDetail: "a",
            loadId: "real",
          },
          withoutSample,
        });
        return [
          ...await clearSample(publication, loadOf("diagnostic_panels")),
          {
            sql: `insert into evidence_current
                  values ('diagnostic_panels', 'a', 'real', false)`,
          },
        ];
      });
    await assert.rejects(() => load(false), /Cannot clear the sample/);
    const { rebuilt } = await load(true);
    assert.equal(rebuilt.filter((table) => table === "genes").length, 1);
    // The alias was the sample's: now the symbol stands for itself.
    assert.deepEqual(await database.query("select id, symbol from genes"), [
      { id: "symbol:SAMPLEALIAS", symbol: "SAMPLEALIAS" },
    ]);
    assert.deepEqual(await counts(database, ["hgnc", "source_state"]), {
      hgnc: 0,
      source_state: 0,
    });
  },

  "keeps the real hgnc that replaces the sample's": async (database) => {
    await putSample(database);
    await putHgnc(database, [{ id: "HGNC:9008", symbol: "PKD1" }]);
    await database.publish(async (publication) => {
      await deriveGenes(publication, {
        hgncReplaced: true,
        withoutSample: true,
      });
      return await clearSample(publication, loadOf("hgnc"));
    });
    assert.deepEqual(
      await database.query("select id, evidence_count from genes"),
      [{ id: "HGNC:9008", evidence_count: 0 }],
    );
    assert.deepEqual(await counts(database, ["hgnc", "descartes_tpm"]), {
      hgnc: 1,
      descartes_tpm: 0,
    });
  },

  "keeps the terms that came with phenotypes": async (database) => {
    await database.query("insert into mgi_terms values ('MP:1')");
    await database.query(
      `insert into source_state (source, part, sample)
       values ('mgi', 'terms', true), ('mgi', 'phenotypes', true)`,
    );
    for (const [mp_ids, left] of [[["MP:1"], 1], [undefined, 0]] as const) {
      await database.publish((publication) =>
        clearSample(
          publication,
          loadOf("mgi", { part: "phenotypes", mp_ids }),
        )
      );
      assert.deepEqual(await counts(database, ["mgi_terms"]), {
        mgi_terms: left,
      });
      await database.query(
        "insert into source_state (source, part, sample) values ('mgi', 'terms', true)",
      );
    }
  },

  "leaves other collections and real data alone": async (database) => {
    await putSample(database);
    await database.query(
      `insert into source_state (source, part, sample)
       values ('tracks', '', true), ('hpo', '', false)`,
    );
    await database.query(
      "insert into hpo values ('PKD1', 'HP:1', 'name', '', '', '')",
    );
    await database.publish((publication) =>
      clearSample(publication, loadOf("literature"))
    );
    assert.deepEqual(
      await database.query("select source from source_state order by source"),
      [{ source: "hpo" }, { source: "tracks" }],
    );
    assert.deepEqual(await counts(database, ["hpo"]), { hpo: 1 });
  },
});
