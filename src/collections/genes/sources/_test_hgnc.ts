import assert from "node:assert/strict";
import { FormatError } from "@loophound/toolkit/csv";
import { InputError } from "../../../load_input.ts";
import { loadDescartes } from "./descartes_task.ts";
import { loadHgnc } from "./hgnc_task.ts";
import { countsOf, gzipped, type LoadCases, placesOf } from "./_test_loads.ts";

const source = "hgnc";

function complete(docs: unknown[]): string {
  return JSON.stringify({
    responseHeader: { status: 0 },
    response: { numFound: docs.length, docs },
  });
}

const PKD1 = {
  hgnc_id: "HGNC:9008",
  symbol: "PKD1",
  name: 'polycystin "1", transient',
  status: "Approved",
  locus_group: "protein-coding gene",
  alias_symbol: ["PBP", 'a"b\\c', "PBP"],
  prev_symbol: [],
  entrez_id: "5310",
  ensembl_gene_id: "ENSG00000008710",
  location: "16p13.3",
};

/** Loads of `hgnc`. */
export const hgncCases: LoadCases = {
  "keeps genes as they stand, the last one of an id": async (database) => {
    const file = await gzipped(complete([
      { hgnc_id: "HGNC:9008", symbol: "OLD" },
      PKD1,
      { hgnc_id: "HGNC:12559", symbol: "UMOD", prev_symbol: "ADMCKD2| HNFJ" },
    ]));
    const output = await database.load(loadHgnc, { source, file });
    assert.deepEqual(countsOf(output), {
      rows: 3,
      accepted: 3,
      duplicates: 1,
      inserted: 2,
    });
    const rows = await database.query("select * from hgnc order by symbol");
    assert.deepEqual(rows, [
      {
        hgnc_id: "HGNC:9008",
        symbol: "PKD1",
        name: PKD1.name,
        status: "Approved",
        locus_group: "protein-coding gene",
        alias_symbols: ["PBP", 'a"b\\c'],
        prev_symbols: [],
        entrez_id: "5310",
        ensembl_gene_id: "ENSG00000008710",
        doc: PKD1,
      },
      {
        hgnc_id: "HGNC:12559",
        symbol: "UMOD",
        name: null,
        status: "Approved",
        locus_group: null,
        alias_symbols: [],
        prev_symbols: ["ADMCKD2", "HNFJ"],
        entrez_id: null,
        ensembl_gene_id: null,
        doc: {
          hgnc_id: "HGNC:12559",
          symbol: "UMOD",
          prev_symbol: "ADMCKD2| HNFJ",
        },
      },
    ]);
    assert.deepEqual(
      await database.query("select symbol from genes order by symbol"),
      [{ symbol: "PKD1" }, { symbol: "UMOD" }],
    );
  },

  "resolves symbols of annotations by alias and previous symbol": async (
    database,
  ) => {
    await database.load(loadHgnc, {
      source,
      file: complete([PKD1, {
        hgnc_id: "HGNC:12559",
        symbol: "UMOD",
        prev_symbol: ["HNFJ"],
      }]),
    });
    const output = await database.load(loadDescartes, {
      source: "descartes",
      fields: { part: "tpm" },
      file: "PBP,1\nHNFJ,2\nUMOD,3\nNONE,4\n",
    });
    assert.deepEqual(countsOf(output), {
      rows: 4,
      accepted: 4,
      inserted: 3,
      unresolved: 1,
    });
  },

  "rejects what is no gene": async (database) => {
    const output = await database.load(loadHgnc, {
      source,
      file: complete([
        PKD1,
        { symbol: "A" },
        { hgnc_id: "HGNC:1" },
        { hgnc_id: "HGNC:1", symbol: " " },
        { hgnc_id: "1", symbol: "A" },
        7,
        { hgnc_id: "HGNC:1", symbol: "A", name: "a\0b" },
        { hgnc_id: "HGNC:1", symbol: "A", alias_symbol: ["x".repeat(201)] },
      ]),
    });
    assert.equal(output.rows, 8);
    assert.equal(output.rejected, 7);
    assert.deepEqual(Object.keys(placesOf(output)).sort(), [
      "alias_symbol: a name is too long",
      "hgnc_id: Invalid input: expected string, received undefined",
      "hgnc_id: is no HGNC id like HGNC:9008",
      "holds a NUL or half a character",
      "is no object",
      "symbol: Invalid input: expected string, received undefined",
      "symbol: is empty",
    ]);
  },

  "fails with the place of a fault, and leaves the old genes": async (
    database,
  ) => {
    await database.load(loadHgnc, { source, file: complete([PKD1]) });
    const broken: [string, RegExp, number | undefined][] = [
      ['{"response":{"docs":[\n{"hgnc_id":', /ends/, 2],
      ['{"response":{}}', /"response.docs" is not there/, 1],
      ['{"response":{"docs":[]}}', /no rows/, undefined],
      ["hgnc_id\tsymbol\n", /line 1/, 1],
    ];
    for (const [file, message, line] of broken) {
      await assert.rejects(
        database.load(loadHgnc, { source, file }),
        (error: unknown) => {
          assert.ok(
            error instanceof FormatError || error instanceof InputError,
            String(error),
          );
          assert.match(error.message, message);
          assert.equal(error.line, line);
          return true;
        },
      );
    }
    assert.deepEqual(await database.query("select symbol from genes"), [
      { symbol: "PKD1" },
    ]);
  },
};
