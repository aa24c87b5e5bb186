/** One set of files, two engines: every answer about the data is the same. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { collections } from "../src/collections/mod.ts";
import { GENE_SORT_FIELDS } from "../src/collections/genes/queries.ts";
import { startPostgres } from "./helpers/postgres.ts";
import { haveRealData, REAL_DATA, realFiles } from "./helpers/real_data.ts";
import { load, openSystem, type TestSystem } from "./helpers/system.ts";

const SAMPLE = fileURLToPath(
  new URL("../src/collections/genes/sample_data", import.meta.url),
);

/** What the engines give out by themselves, and differs. */
const OWN = /^(id|load_id|evidence_id|gene_id|.*_at|.*_time|time)$/;

/** The same answer with its keys sorted, without ids and times. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).filter(([key]) => !OWN.test(key))
      .sort(([a], [b]) => a < b ? -1 : 1)
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

type Load = readonly [source: string, body: Record<string, unknown>];

function sampleLoads(): Load[] {
  return collections.flatMap(({ sample }) =>
    sample.map(({ source, fields, file }): Load => [
      source,
      { ...fields as Record<string, unknown>, path: fileURLToPath(file) },
    ])
  );
}

async function realLoads(): Promise<Load[]> {
  if (!await haveRealData("the same answers from real data")) return [];
  const loads: Load[] = [
    ["descartes", {
      path: `${REAL_DATA}/descartes/kidney_tpm.csv`,
      part: "tpm",
    }],
  ];
  for (const source of ["diagnostic_panels", "literature"]) {
    for (const path of await realFiles(source)) loads.push([source, { path }]);
  }
  return loads;
}

/** Every page of the list, in a given order. */
async function symbols(system: TestSystem, query: string): Promise<string[]> {
  const found: string[] = [];
  for (let page = 1;; page++) {
    const { data, meta } = await system.json<{
      data: { attributes: { approved_symbol: string } }[];
      meta: { total: number };
    }>(`/api/genes?page[size]=100&page[number]=${page}&${query}`);
    found.push(...data.map(({ attributes }) => attributes.approved_symbol));
    if (data.length === 0 || found.length >= meta.total) return found;
  }
}

const QUERIES = [
  ...GENE_SORT_FIELDS.filter((field) => field !== "id")
    .flatMap((field) => [`sort=${field}`, `sort=-${field}`]),
  "filter[search]=p",
  "filter[source]=literature",
  "filter[source]=diagnostic_panels,literature",
  "filter[min_score]=20&filter[max_score]=60",
  "filter[min_count]=2",
  "filter[hide_zero_scores]=true",
];

const STATISTICS = [
  "summary",
  "source-overlaps",
  "source-overlaps?detail=true",
  "source-overlaps?hide_zero_scores=true",
  "source-distributions",
  "evidence-composition",
];

Deno.test("PGlite and PostgreSQL give the same answers", async () => {
  const options = { env: { ALLOWED_ROOTS: `${SAMPLE},${REAL_DATA}` } };
  await using postgres = await startPostgres();
  await using embedded = await openSystem("PGlite", undefined, options);
  await using server = await openSystem("PostgreSQL", postgres, options);
  const systems = [embedded, server] as const;

  const same = async (path: string): Promise<void> => {
    const [one, other] = await Promise.all(
      systems.map((system) => system.json(path)),
    );
    assert.deepEqual(canonical(one), canonical(other), path);
  };

  for (const [source, body] of [...sampleLoads(), ...await realLoads()]) {
    const counts = await Promise.all(systems.map(async (system) => {
      const { state, report, error } = await load(system, source, body);
      assert.equal(state, "succeeded", `${source}: ${error?.message}`);
      // What it cost is each engine's own.
      const { cpu_s: _, peak_rss_mb: __, loop: ___, ...rest } = report!;
      return canonical(rest);
    }));
    assert.deepEqual(counts[0], counts[1], `${source} ${body.path}`);
  }

  for (const query of QUERIES) {
    const [one, other] = await Promise.all(
      systems.map((system) => symbols(system, query)),
    );
    assert.deepEqual(one, other, query);
    assert.ok(one!.length > 0, `${query} finds genes`);
    await same(`/api/genes?page[size]=50&${query}`);
  }
  const all = await symbols(embedded, "sort=symbol");
  for (const [i, symbol] of all.entries()) {
    const path = `/api/genes/${encodeURIComponent(symbol)}`;
    await same(path);
    // Parts of the answer above: some will do.
    if (i % 10 > 0) continue;
    await same(`${path}/evidence`);
    await same(`${path}/annotations`);
  }
  for (const path of STATISTICS) await same(`/api/statistics/${path}`);
  await same("/api/genes/NO_SUCH_GENE");
  await same("/api/genes?filter[nothing]=1");
});
