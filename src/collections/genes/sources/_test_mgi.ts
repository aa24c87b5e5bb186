import assert from "node:assert/strict";
import { FormatError } from "@loophound/toolkit/csv";
import { countsOf, type LoadCases, placesOf, realData } from "./_test_loads.ts";
import { loadMgi } from "./mgi_task.ts";

const source = "mgi";

const ORTHOLOGS = "PKD1\t5310\tPkd1\tMGI:97603\tMP:0005367, MP:0005385\t\n" +
  "UMOD\t7369\tUmod\tMGI:102674\t\t\n";

/** Loads of `mgi`. */
export const mgiCases: LoadCases = {
  "reads orthologs of current and older releases alike": async (database) => {
    await database.query(
      "insert into gene_names values ('PKD1', 'HGNC:9008', 1)",
    );
    const older = "PKD1\t5310\t250\tPkd1\tMGI:97603\tMP:0005367\t\n" +
      "UMOD\t7369\t2522\tyes\tUmod\tMGI:102674\t\t\n";
    for (const file of [ORTHOLOGS, older]) {
      const output = await database.load(loadMgi, {
        source,
        fields: { part: "orthologs" },
        file,
      });
      assert.equal(output.accepted, 2);
      assert.equal(output.unresolved, 1);
      assert.deepEqual(
        await database.query("select * from mgi_orthologs order by symbol"),
        [
          {
            symbol: "PKD1",
            mgi_id: "MGI:97603",
            mouse_symbol: "Pkd1",
            entrez_id: "5310",
          },
          {
            symbol: "UMOD",
            mgi_id: "MGI:102674",
            mouse_symbol: "Umod",
            entrez_id: "7369",
          },
        ],
      );
    }
  },

  "tells zygosity, and counts genotypes of several genes": async (database) => {
    await database.load(loadMgi, {
      source,
      fields: { part: "orthologs" },
      file: ORTHOLOGS,
    });
    const line = (composition: string, genes: string, term = "MP:0000519") =>
      `${composition}\tx\tinvolves: "129"\t${term}\t1\t${genes}\n`;
    const output = await database.load(loadMgi, {
      source,
      fields: { part: "phenotypes" },
      file: line("Pkd1<tm1>/Pkd1<tm1>", "MGI:97603") +
        line("Pkd1<tm1>/Pkd1<+>", "MGI:97603") +
        line("Pkd1<+>/Pkd1<+>", "MGI:97603") +
        line("Pkd1<f>/Pkd1<f>,Tg(Cdh16-cre)91Igr/0", "MGI:97603|MGI:97603") +
        line("Pkd1<tm1>/Pkd1<tm1>", "MGI:97603") +
        line("Pkd1<tm1>/Pkd1<+>,Pkd2<tm1>/Pkd2<+>", "MGI:97603|MGI:1099818") +
        line("Xyz<tm1>/Xyz<tm1>", "MGI:1") +
        line("Pkd1<tm1>/Pkd1<tm1>", "MGI:97603", "HP:1") +
        "too\tfew\n",
    });
    assert.deepEqual(countsOf(output), {
      rows: 9,
      accepted: 6,
      rejected: 3,
      duplicates: 1,
      inserted: 4,
      unresolved: 1,
    });
    assert.deepEqual(placesOf(output), {
      "polygenic genotype": ["6:68"],
      "MP id: is no id like MP:0005367": ["8:39"],
      "2 fields instead of 6": ["9:1"],
    });
    assert.deepEqual(
      await database.query(
        `select zygosity from mgi_phenotypes where mgi_id = 'MGI:97603'
         order by zygosity`,
      ),
      ["cn", "hm", "ht", "ot"].map((zygosity) => ({ zygosity })),
    );
  },

  "takes terms from a file, or with the phenotypes": async (database) => {
    const termsNow = async () =>
      (await database.query<{ mp_id: string }>(
        "select mp_id from mgi_terms order by mp_id",
      )).map(({ mp_id }) => mp_id);
    const terms = () =>
      database.load(loadMgi, {
        source,
        fields: { part: "terms" },
        file: '["MP:1",\n"MP:2", "MP:1", 3]',
      });
    const phenotypes = () =>
      database.load(loadMgi, {
        source,
        fields: { part: "phenotypes", mp_ids: ["MP:3", "MP:3", "MP:4"] },
        file: "A<x>/A<x>\tx\tb\tMP:1\t1\tMGI:5\n",
      });
    const output = await terms();
    assert.deepEqual(countsOf(output), {
      rows: 4,
      accepted: 3,
      rejected: 1,
      duplicates: 1,
      inserted: 2,
    });
    assert.deepEqual(placesOf(output), {
      "is no MP id like MP:0005367": ["2:17"],
    });
    assert.deepEqual(await termsNow(), ["MP:1", "MP:2"]);
    await phenotypes();
    assert.deepEqual(await termsNow(), ["MP:3", "MP:4"]);
    // The same files again are not the same as what is there now.
    await terms();
    assert.deepEqual(await termsNow(), ["MP:1", "MP:2"]);
    await phenotypes();
    assert.deepEqual(await termsNow(), ["MP:3", "MP:4"]);
    assert.deepEqual(
      await database.query(
        "select part, sha256 = '' as given from source_state order by part",
      ),
      [
        { part: "phenotypes", given: false },
        { part: "terms", given: true },
      ],
    );
  },

  "keeps terms given with the first real phenotypes, not the sample's": async (
    database,
  ) => {
    await database.load(loadMgi, {
      source,
      fields: { part: "terms" },
      file: '["MP:9900001"]',
      sample: true,
    });
    await database.load(loadMgi, {
      source,
      fields: { part: "phenotypes", mp_ids: ["MP:3"] },
      file: "A<x>/A<x>\tx\tb\tMP:1\t1\tMGI:5\n",
    });
    assert.deepEqual(await database.query("select mp_id from mgi_terms"), [
      { mp_id: "MP:3" },
    ]);
    assert.deepEqual(
      await database.query("select part from source_state where sample"),
      [],
    );
  },

  "fails with the place of a fault": async (database) => {
    await assert.rejects(
      database.load(loadMgi, {
        source,
        fields: { part: "terms" },
        file: '["MP:1",\n "MP:2"',
      }),
      (error: unknown) => error instanceof FormatError && error.line === 2,
    );
    await assert.rejects(
      database.load(loadMgi, {
        source,
        fields: { part: "orthologs" },
        file: "symbol,value\n",
      }),
      /line 1, column 1: .*no MGI id in the fourth field or after it/,
    );
  },

  "takes the real terms": async (database) => {
    const file = await realData("mpo_kidney_terms.json");
    if (file === undefined) return;
    const terms = JSON.parse(await Deno.readTextFile(file)) as string[];
    const output = await database.load(loadMgi, {
      source,
      fields: { part: "terms" },
      file,
    });
    assert.equal(output.rows, terms.length);
    assert.equal(output.inserted, new Set(terms).size);
  },
};
