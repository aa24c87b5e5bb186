import assert from "node:assert/strict";
import { FormatError } from "@loophound/toolkit/csv";
import { loadGtex } from "./gtex_task.ts";
import { countsOf, gzipped, type LoadCases, placesOf } from "./_test_loads.ts";

const source = "gtex";

const GOOD = "#1.2\n4\t2\nName\tDescription\tKidney - Cortex\tWhole Blood\n" +
  "ENSG1.1\tPKD1\t1.5\t2e-05\n" +
  'ENSG2.4\tA "b", c\t0\t-0\r\n' +
  "ENSG3.1\tPKD1\t3\t.25\n" +
  "ENSG4.1\tUMOD\t1\t7\n";

/** Loads of `gtex`. */
export const gtexCases: LoadCases = {
  "keeps the values of the last line of a symbol": async (database) => {
    await database.query(
      "insert into gene_names values ('PKD1', 'HGNC:9008', 1)",
    );
    for (const file of [GOOD, await gzipped(GOOD)]) {
      const output = await database.load(loadGtex, { source, file });
      assert.equal(output.rows, 4);
      assert.equal(output.duplicates, 1);
      assert.equal(output.unresolved, 2);
    }
    assert.deepEqual(
      await database.query("select * from gtex order by gencode_id"),
      [
        { symbol: 'A "b", c', gencode_id: "ENSG2.4", tpm: [0, -0] },
        { symbol: "PKD1", gencode_id: "ENSG3.1", tpm: [3, 0.25] },
        { symbol: "UMOD", gencode_id: "ENSG4.1", tpm: [1, 7] },
      ],
    );
    assert.deepEqual(
      await database.query("select part, meta from source_state"),
      [{ part: "", meta: { tissues: ["Kidney_Cortex", "Whole_Blood"] } }],
    );
  },

  "rejects lines with a value that is none": async (database) => {
    const output = await database.load(loadGtex, {
      source,
      file: "#1.2\n4\t2\nName\tDescription\tA\tB\n" +
        "E1\tG1\t1\tNaN\nE2\tG2\t-1\t2\nE3\tG3\t1\nE4\tG4\t1\t2\n",
    });
    assert.deepEqual(countsOf(output), {
      rows: 4,
      accepted: 1,
      rejected: 3,
      unresolved: 1,
    });
    assert.deepEqual(placesOf(output), {
      "value: not a finite number": ["4:9"],
      "value: is negative": ["5:7"],
      "3 fields instead of 4": ["6:1"],
    });
  },

  "fails when its header lies, and leaves the old rows": async (database) => {
    await database.load(loadGtex, { source, file: GOOD });
    const lies: [string, RegExp, number][] = [
      [GOOD.replace("4\t2", "4\t3"), /2 tissues, line 2 announces 3/, 3],
      [GOOD.replace("4\t2", "5\t2"), /4 genes, line 2 announces 5/, 2],
    ];
    for (const [file, message, line] of lies) {
      await assert.rejects(
        database.load(loadGtex, { source, file: await gzipped(file) }),
        (error: unknown) => {
          assert.ok(error instanceof FormatError, String(error));
          assert.match(error.message, message);
          assert.equal(error.line, line);
          return true;
        },
      );
    }
    const rows = await database.query("select from gtex");
    assert.equal(rows.length, 3);
  },
};
