import assert from "node:assert/strict";
import { FormatError } from "@loophound/toolkit/csv";
import { InputError } from "../../../load_input.ts";
import { type DescartesFields, loadDescartes } from "./descartes_task.ts";
import {
  countsOf,
  gzipped,
  type LoadCases,
  type LoadDatabase,
  placesOf,
  realData,
} from "./_test_loads.ts";

const source = "descartes";
const tpm: DescartesFields = { part: "tpm" };
const percentage: DescartesFields = { part: "percentage" };

async function nameGenes(database: LoadDatabase, ...names: string[]) {
  await database.query(
    `insert into gene_names (name, gene_id, kind)
     select name, 'symbol:' || name, 1 from unnest($1::text[]) name`,
    [`{${names.join(",")}}`],
  );
}

/** Loads of `descartes`. */
export const descartesCases: LoadCases = {
  "counts duplicates, the last counting, and what no gene is called": async (
    database,
  ) => {
    await nameGenes(database, "PKD1", "UMOD");
    const output = await database.load(loadDescartes, {
      source,
      fields: tpm,
      file: "PKD1,1.5\n UMOD , 2e1 \r\nPKD1,3.25\nNONE,0\n\nPKD1,2.5\n",
    });
    assert.deepEqual(countsOf(output), {
      rows: 5,
      accepted: 5,
      duplicates: 2,
      inserted: 2,
      unresolved: 1,
    });
    assert.deepEqual(
      await database.query("select * from descartes_tpm order by symbol"),
      [
        { symbol: "NONE", value: 0 },
        { symbol: "PKD1", value: 2.5 },
        { symbol: "UMOD", value: 20 },
      ],
    );
    assert.deepEqual(
      await database.query("select * from descartes_percentage"),
      [],
    );
  },

  "rejects what is no number, with line and column": async (database) => {
    const output = await database.load(loadDescartes, {
      source,
      fields: tpm,
      file: "symbol,tpm\nA,NaN\nB,-Infinity\nC,1e999\nD\nE,1,2\n,3\nF,\n" +
        `${"G".repeat(201)},1\nPKD1,1\n`,
    });
    assert.equal(output.rejected, 9);
    assert.deepEqual(placesOf(output), {
      "value: not a number": ["1:8"],
      "value: not a finite number": ["2:3", "3:3", "4:3"],
      "wrong number of fields": ["5:2", "6:5"],
      "symbol: required field is empty": ["7:1"],
      "value: required field is empty": ["8:3"],
      "symbol: text is too long": ["9:1"],
    });
  },

  "rejects what is no fraction": async (database) => {
    const output = await database.load(loadDescartes, {
      source,
      fields: percentage,
      file: 'symbol,percentage\nA,0\nB,1.000\n"C,2",.5\nD,1.01\nE,-0.1\n' +
        "F,nan\nG,5e-2\nH\nI,1,2\n,.1\nJ,\nA,0.25\nK,1e400\nL,-0\n",
    });
    assert.deepEqual(placesOf(output), {
      "value: not a number": ["1:8"],
      "value: not a fraction between 0 and 1": ["5:3", "6:3"],
      "value: not a finite number": ["7:3", "14:3"],
      "wrong number of fields": ["9:2", "10:5"],
      "symbol: required field is empty": ["11:1"],
      "value: required field is empty": ["12:3"],
    });
    assert.deepEqual(
      await database.query(
        "select * from descartes_percentage order by symbol",
      ),
      [
        { symbol: "A", value: 0.25 },
        { symbol: "B", value: 1 },
        { symbol: "C,2", value: 0.5 },
        { symbol: "G", value: 0.05 },
        { symbol: "L", value: -0 },
      ],
    );
    assert.equal(output.duplicates, 1);
  },

  "changes nothing when the same bytes come again, gzip or not": async (
    database,
  ) => {
    await nameGenes(database, "A", "B", "C");
    const file = await gzipped("A,1\nB,2\n");
    const load = (file: string | Uint8Array, dryRun = false) =>
      database.load(loadDescartes, { source, fields: tpm, file, dryRun });
    assert.deepEqual(countsOf(await load(file)), {
      rows: 2,
      accepted: 2,
      inserted: 2,
    });
    const unchanged = { rows: 2, accepted: 2, unchanged: 2 };
    assert.deepEqual(countsOf(await load(file)), unchanged);
    assert.deepEqual(countsOf(await load("A,1\nB,2\n")), unchanged);
    const next = { rows: 2, accepted: 2, inserted: 1, updated: 1, removed: 1 };
    assert.deepEqual(countsOf(await load("A,9\nC,3\n", true)), next);
    assert.deepEqual(
      await database.query("select symbol from descartes_tpm order by 1"),
      [{ symbol: "A" }, { symbol: "B" }],
    );
    assert.deepEqual(countsOf(await load("A,9\nC,3\n")), next);
    assert.deepEqual(
      await database.query(
        "select part, sample, counts->>'rows' as rows from source_state",
      ),
      [{ part: "tpm", sample: false, rows: "2" }],
    );
  },

  "fails with the place of a fault, and leaves the old rows": async (
    database,
  ) => {
    await database.load(loadDescartes, {
      source,
      fields: tpm,
      file: "OLD,1\n",
    });
    const broken: [string | Uint8Array, RegExp, number | undefined][] = [
      ['A,1\nB,"2\nC,3\n', /quote is never closed/, 2],
      ['A,1\nB"x",2\n', /stray quote/, 2],
      ["A,1\n\\.\nB,2\n", /\\\./, 2],
      [new Uint8Array([65, 44, 49, 10, 66, 0, 44, 50]), /NUL/, 2],
      [new Uint8Array([65, 44, 49, 10, 0xe9, 44, 50]), /UTF-8/, 2],
      [(await gzipped("A,1\n".repeat(9999))).slice(0, 60), /gzip/, undefined],
      ["", /no rows/, undefined],
      ["symbol,tpm\n", /not a number/, 1],
    ];
    for (const fields of [tpm, percentage]) {
      for (const [file, message, line] of broken) {
        await assert.rejects(
          database.load(loadDescartes, { source, fields, file }),
          (error: unknown) => {
            assert.ok(
              error instanceof FormatError || error instanceof InputError,
              String(error),
            );
            assert.match(error.message, message);
            assert.equal(error.line, line, error.message);
            return true;
          },
          `${fields.part}: ${message}`,
        );
      }
    }
    assert.deepEqual(
      await database.query("select symbol from descartes_tpm"),
      [{ symbol: "OLD" }],
    );
  },

  "takes the real file as it stands": async (database) => {
    const file = await realData("descartes/kidney_tpm.csv");
    if (file === undefined) return;
    const lines = (await Deno.readTextFile(file)).trimEnd().split("\n");
    const pairs = lines.map((line) => line.split(",") as [string, string]);
    // The file has "NA" where the atlas has no value.
    const good = pairs.filter(([, value]) => Number.isFinite(Number(value)));
    const values = new Map(
      good.map(([symbol, value]) => [symbol, Number(value)]),
    );
    const output = await database.load(loadDescartes, {
      source,
      fields: tpm,
      file,
    });
    assert.equal(output.rows, lines.length);
    assert.equal(output.rejected, pairs.length - good.length);
    assert.equal(output.duplicates, good.length - values.size);
    const rows = await database.query<{ symbol: string; value: number }>(
      "select symbol, value from descartes_tpm",
    );
    assert.deepEqual(
      new Map(rows.map(({ symbol, value }) => [symbol, value])),
      values,
    );
  },
};
