import assert from "node:assert/strict";
import { FormatError } from "@loophound/toolkit/csv";
import { loadHpo } from "./hpo_task.ts";
import { countsOf, gzipped, type LoadCases, placesOf } from "./_test_loads.ts";

const source = "hpo";

const HEADER =
  "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n";
const ROWS = "5310\tPKD1\tHP:0000107\tRenal cyst\t-\tOMIM:173900\n" +
  '5310\tPKD1\tHP:0000107\tRenal "cyst"\t1/3\tORPHA:730\n' +
  "5310\tPKD1\tHP:0000107\tRenal cyst\tHP:0040281\tOMIM:173900\n";

const EXPECTED = [
  {
    symbol: "PKD1",
    hpo_id: "HP:0000107",
    hpo_name: "Renal cyst",
    disease_id: "OMIM:173900",
    frequency: "HP:0040281",
    ncbi_gene_id: "5310",
  },
  {
    symbol: "PKD1",
    hpo_id: "HP:0000107",
    hpo_name: 'Renal "cyst"',
    disease_id: "ORPHA:730",
    frequency: "1/3",
    ncbi_gene_id: "5310",
  },
];

/** Loads of `hpo`. */
export const hpoCases: LoadCases = {
  "reads the file with and without its header": async (database) => {
    await database.query(
      "insert into gene_names values ('PKD1', 'HGNC:9008', 1)",
    );
    for (const file of [ROWS, HEADER + ROWS, `#${HEADER}${ROWS}`]) {
      const output = await database.load(loadHpo, {
        source,
        file: await gzipped(file),
      });
      assert.equal(output.rows, 3);
      assert.equal(output.duplicates, 1);
      assert.equal(output.unresolved, 0);
      assert.deepEqual(
        await database.query("select * from hpo order by disease_id"),
        EXPECTED,
      );
    }
  },

  "finds the columns of an older header by name": async (database) => {
    await database.load(loadHpo, {
      source,
      file: "#Format: entrez-gene-id<tab>entrez-gene-symbol<tab>HPO-Term-ID" +
        "<tab>HPO-Term-Name<tab>Frequency-Raw<tab>Frequency-HPO<tab>" +
        "Additional Info from G-D source<tab>G-D source<tab>disease-ID for " +
        "link\n# a comment\n" +
        "5310\tPKD1\tHP:0000107\tRenal cyst\t\tHP:0040281\t-\tmim\tOMIM:1\n",
    });
    assert.deepEqual(
      await database.query("select disease_id, frequency from hpo"),
      [{ disease_id: "OMIM:1", frequency: "HP:0040281" }],
    );
  },

  "rejects lines that are none, with line and column": async (database) => {
    const output = await database.load(loadHpo, {
      source,
      file: `${HEADER}${ROWS}${HEADER}1\t-\tHP:1\tx\t\tO\n` +
        "1\tA\tXP:1\tx\t\tO\n1\tA\tHP:1\n",
    });
    assert.deepEqual(countsOf(output), {
      rows: 7,
      accepted: 3,
      rejected: 4,
      duplicates: 1,
      unresolved: 2,
    });
    assert.deepEqual(placesOf(output), {
      "hpo_id: is no id like HP:0000107": ["5:26", "7:5"],
      "gene_symbol: is empty": ["6:3"],
      "3 fields instead of 6": ["8:1"],
    });
  },

  "fails when the header lacks the symbol": async (database) => {
    await assert.rejects(
      database.load(loadHpo, { source, file: `ncbi_gene_id\thpo_id\n${ROWS}` }),
      (error: unknown) => {
        assert.ok(error instanceof FormatError);
        assert.match(error.message, /line 1.*no column gene_symbol/);
        return true;
      },
    );
  },
};
