import assert from "node:assert/strict";
import { FormatError } from "@loophound/toolkit/csv";
import { InputError } from "../../../load_input.ts";
import { loadDiagnosticPanels } from "./diagnostic_panels_task.ts";
import { loadLiterature } from "./literature_task.ts";
import {
  countsOf,
  gzipped,
  type LoadCases,
  type LoadDatabase,
  placesOf,
  realData,
} from "./_test_loads.ts";

interface Entry {
  symbol?: unknown;
  hgnc_id?: unknown;
  reported_as?: unknown;
  panels?: string[];
  occurrence_count?: unknown;
}

/** `provider_id` comes after `genes`: the order of members means nothing. */
function panels(genes: (Entry | null)[], id = "lab"): string {
  return JSON.stringify({ genes, provider_id: id, provider_name: "Lab" });
}

const GENES: Entry[] = [
  {
    symbol: "CD46",
    hgnc_id: "HGNC:6953",
    reported_as: "CD46",
    panels: ["Kidney"],
    occurrence_count: 1,
  },
  { symbol: "PKD1", hgnc_id: null, panels: ["A", "B"], occurrence_count: 2 },
  {
    symbol: "CD46",
    hgnc_id: "HGNC:6953",
    reported_as: "MCP",
    panels: ["Kidney", "Blood"],
    occurrence_count: 2,
  },
];

function loadPanels(
  database: LoadDatabase,
  file: string | Uint8Array | URL,
  options: { id?: string; dryRun?: boolean; sample?: boolean } = {},
) {
  return database.load(loadDiagnosticPanels, {
    source: "diagnostic_panels",
    file,
    ...options,
  });
}

function evidence(database: LoadDatabase) {
  return database.query(
    `select e.symbol, e.hgnc_id, e.reported_as, e.evidence_data
     from evidence_rows e order by e.source_detail, e.symbol`,
  );
}

/** Loads of `diagnostic_panels` and `literature`. */
export const evidenceCases: LoadCases = {
  "merges the entries of a symbol and loses neither panel nor name": async (
    database,
  ) => {
    const output = await loadPanels(database, await gzipped(panels(GENES)));
    assert.deepEqual(countsOf(output), {
      rows: 3,
      accepted: 3,
      duplicates: 1,
      inserted: 2,
    });
    assert.deepEqual(await evidence(database), [
      {
        symbol: "CD46",
        hgnc_id: "HGNC:6953",
        reported_as: "CD46; MCP",
        evidence_data: {
          provider_id: "lab",
          provider_name: "Lab",
          panels: ["Kidney", "Blood"],
          occurrence_count: 2,
          reported_as: ["CD46", "MCP"],
        },
      },
      {
        symbol: "PKD1",
        hgnc_id: null,
        reported_as: "PKD1",
        evidence_data: {
          provider_id: "lab",
          provider_name: "Lab",
          panels: ["A", "B"],
          occurrence_count: 2,
          reported_as: ["PKD1"],
        },
      },
    ]);
    assert.deepEqual(
      await database.query("select id, symbol from genes order by id"),
      [
        { id: "HGNC:6953", symbol: "CD46" },
        { id: "symbol:PKD1", symbol: "PKD1" },
      ],
    );
    assert.deepEqual(
      await database.query("select source, part from source_state"),
      [{ source: "diagnostic_panels", part: "lab" }],
    );
  },

  "replaces the evidence of one provider alone": async (database) => {
    await loadPanels(database, panels(GENES));
    await loadPanels(database, panels([{ symbol: "UMOD" }], "other"));
    const next = panels([
      { ...GENES[0], occurrence_count: 3 },
      GENES[1]!,
      { symbol: "NEW" },
      GENES[2]!,
    ]);
    const changes = {
      rows: 4,
      accepted: 4,
      duplicates: 1,
      inserted: 1,
      updated: 1,
      unchanged: 1,
    };
    const before = await evidence(database);
    assert.deepEqual(
      countsOf(await loadPanels(database, next, { dryRun: true })),
      changes,
    );
    assert.deepEqual(await evidence(database), before);
    assert.deepEqual(countsOf(await loadPanels(database, next)), changes);
    assert.deepEqual(
      (await evidence(database)).map(({ symbol }) => symbol),
      ["CD46", "NEW", "PKD1", "UMOD"],
    );
    assert.deepEqual(
      countsOf(await loadPanels(database, panels([GENES[1]!]))),
      { rows: 1, accepted: 1, unchanged: 1, removed: 2 },
    );
    assert.deepEqual(
      countsOf(await loadPanels(database, panels([GENES[1]!]))),
      { rows: 1, accepted: 1, unchanged: 1 },
    );
    assert.deepEqual(
      await database.query("select symbol from genes order by symbol"),
      [{ symbol: "PKD1" }, { symbol: "UMOD" }],
    );
  },

  "rejects entries that name no gene, with line and column": async (
    database,
  ) => {
    const output = await loadPanels(
      database,
      `{"provider_id": 7, "genes": [
  {"symbol": "A"},
  {"symbol": ""}, {"hgnc_id": "HGNC:1"},
  {"symbol": "A", "hgnc_id": "1"}, null,
  {"symbol": "A", "panels": ["x", 1]},
  {"symbol": "B\\u0000"},
  {"symbol": "C", "reported_as": "\\ud800"}
]}`,
    );
    assert.equal(output.rows, 8);
    assert.equal(output.accepted, 1);
    assert.deepEqual(placesOf(output), {
      "symbol: is empty": ["3:3"],
      "symbol: Invalid input: expected string, received undefined": ["3:19"],
      "hgnc_id: is no HGNC id like HGNC:9008": ["4:3"],
      "is no object": ["4:36"],
      "panels: Invalid input: expected string, received number": ["5:3"],
      "holds a NUL or half a character": ["6:3", "7:3"],
    });
    assert.deepEqual(
      await database.query("select source_detail from evidence_current"),
      [{ source_detail: "7" }],
    );
  },

  "fails on what is no such file, and leaves the old evidence": async (
    database,
  ) => {
    await loadPanels(database, panels(GENES));
    const before = await evidence(database);
    const broken: [string, RegExp][] = [
      ['{"genes": [{"symbol": "A"}]}', /no "provider_id" beside "genes"/],
      ['{"provider_id": "lab"}', /line 1.*"genes" is not there/],
      [panels([]), /no rows/],
      [panels([null]), /line 1, column 11: .*is no object/],
      [panels(GENES).slice(0, -20), /line 1.*ends/],
      [panels(GENES, "x".repeat(201)), /provider_id .* is no id/],
    ];
    for (const [file, message] of broken) {
      await assert.rejects(loadPanels(database, file), (error: unknown) => {
        assert.ok(
          error instanceof FormatError || error instanceof InputError,
          String(error),
        );
        assert.match(error.message, message);
        return true;
      });
    }
    assert.deepEqual(await evidence(database), before);
  },

  "takes over what an ended process left of the same load": async (
    database,
  ) => {
    await loadPanels(database, panels([{ symbol: "KEPT" }], "other"));
    for (const id of ["load-killed", "load-again"]) {
      await database.query(
        `insert into evidence_rows values
           ($1, 'diagnostic_panels', 'lab', 'PKD1', null, 'PKD1', '{}')`,
        [id],
      );
    }
    const output = await loadPanels(database, panels(GENES), {
      id: "load-again",
    });
    assert.equal(output.inserted, 2);
    assert.deepEqual(
      await database.query(
        `select source_detail, count(*)::int as rows from evidence_rows
         group by 1 order by 1`,
      ),
      [
        { source_detail: "lab", rows: 2 },
        { source_detail: "other", rows: 1 },
      ],
    );
  },

  "keeps one whole version when two come at once": async (database) => {
    const versions = [
      panels([{ symbol: "A" }, { symbol: "B" }]),
      panels([{ symbol: "C" }]),
    ];
    const outputs = await Promise.all(
      versions.map((file) => loadPanels(database, file)),
    );
    const removed = outputs.map((output) => output.removed);
    const symbols = (await database.query<{ symbol: string }>(
      "select symbol from gene_evidence order by symbol",
    )).map(({ symbol }) => symbol);
    assert.ok(
      removed[0] === 1 && symbols.join() === "A,B" ||
        removed[1] === 2 && symbols.join() === "C",
      `${removed} ${symbols}`,
    );
    assert.equal((await evidence(database)).length, symbols.length);
  },

  "compares versions of many genes slice by slice": async (database) => {
    const genes = (from: number, to: number, count = 1): Entry[] =>
      Array.from({ length: to - from }, (_, i) => ({
        symbol: `G${from + i}`,
        occurrence_count: count,
      }));
    await loadPanels(database, panels(genes(0, 4500)));
    const output = await loadPanels(
      database,
      panels([...genes(500, 3000), ...genes(3000, 7000, 2)]),
    );
    assert.deepEqual(countsOf(output), {
      rows: 6500,
      accepted: 6500,
      inserted: 2500,
      updated: 1500,
      unchanged: 2500,
      removed: 500,
    });
  },

  "keeps what a publication is with each gene": async (database) => {
    const about = {
      id: "123",
      pmid: "123",
      title: "A title",
      authors: ["A. Author"],
      journal: "J",
      publication_date: "2020-01-01T00:00:00",
      url: "https://example.org",
      doi: null,
    };
    const genes = [
      { symbol: "NPHS1", reported_as: "NPHS1", hgnc_id: "HGNC:7908" },
      { symbol: "NPHS1", reported_as: "Nephrin", hgnc_id: "HGNC:7908" },
    ];
    const output = await database.load(loadLiterature, {
      source: "literature",
      file: JSON.stringify({ ...about, genes }),
    });
    assert.deepEqual(countsOf(output), {
      rows: 2,
      accepted: 2,
      duplicates: 1,
      inserted: 1,
    });
    const { id: _, ...kept } = about;
    assert.deepEqual(await evidence(database), [{
      symbol: "NPHS1",
      hgnc_id: "HGNC:7908",
      reported_as: "NPHS1; Nephrin",
      evidence_data: { ...kept, reported_as: ["NPHS1", "Nephrin"] },
    }]);
  },

  "takes real files as they stand": async (database) => {
    const sources = [
      [
        "diagnostic_panels",
        loadDiagnosticPanels,
        "diagnostic_panels/mgz_muenchen.json",
      ],
      [
        "literature",
        loadLiterature,
        "literature/literature_pmid_31027891.json",
      ],
    ] as const;
    for (const [source, task, path] of sources) {
      const file = await realData(path);
      if (file === undefined) return;
      const { genes } = JSON.parse(await Deno.readTextFile(file)) as {
        genes: { symbol: string }[];
      };
      const symbols = new Set(genes.map(({ symbol }) => symbol));
      assert.deepEqual(
        countsOf(await database.load(task, { source, file })),
        {
          rows: genes.length,
          accepted: genes.length,
          duplicates: genes.length - symbols.size,
          inserted: symbols.size,
        },
      );
      const rows = await database.query<{ symbol: string }>(
        "select symbol from evidence_rows where source_name = $1",
        [source],
      );
      assert.deepEqual(new Set(rows.map(({ symbol }) => symbol)), symbols);
    }
  },
};
