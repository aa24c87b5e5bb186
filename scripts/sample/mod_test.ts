import assert from "node:assert/strict";
import { join } from "node:path";
import { sampleLoads } from "../../src/collections/genes/sample_data/mod.ts";
import { main } from "../sample.ts";
import { sampleFiles, writeSample } from "./mod.ts";

const BUNDLED = new URL(
  "../../src/collections/genes/sample_data/",
  import.meta.url,
);

async function text(path: string | URL): Promise<string> {
  const bytes = await Deno.readFile(path);
  const stream = new Blob([bytes]).stream();
  return await new Response(
    String(path).endsWith(".gz")
      ? stream.pipeThrough(new DecompressionStream("gzip"))
      : stream,
  ).text();
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await Deno.makeTempDir({ prefix: "loophound-sample-" });
  try {
    return await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("writeSample() gives the bundled sample again, byte for byte", async () => {
  await inFolder(async (out) => {
    const written: string[] = [];
    let bytes = 0;
    await writeSample({
      genes: 180,
      seed: 1,
      out,
      onFile(path, size) {
        written.push(path);
        bytes += size;
      },
    });
    for (const path of written) {
      // Of gzip the content: what it packs to is up to the runtime's version.
      assert.equal(
        await text(join(out, path)),
        await text(new URL(path, BUNDLED)),
        path,
      );
    }
    assert.ok(bytes < 300_000, `${bytes} bytes`);
    assert.deepEqual(
      written.filter((path) => path !== "README.txt").sort(),
      sampleLoads.map(({ file }) => file.href.slice(BUNDLED.href.length))
        .sort(),
    );
    assert.equal(sampleLoads[0]?.source, "hgnc");
  });
});

Deno.test("sampleFiles() says the same of a file as the bundled list", () => {
  const told = (
    source: string,
    fields: Record<string, unknown>,
    path: string,
  ) => JSON.stringify([source, fields, path]);
  assert.deepEqual(
    sampleFiles({ genes: 180, seed: 1 }).map(({ source, fields, path }) =>
      told(source, fields, path)
    ).sort(),
    sampleLoads.map(({ source, fields, file }) =>
      told(source, fields, file.href.slice(BUNDLED.href.length))
    ).sort(),
  );
});

Deno.test("sampleFiles() writes genes that agree from file to file", () => {
  const files = sampleFiles({ genes: 2000, seed: 7 });
  const content = (path: string) =>
    [...files.find((file) => file.path === path)!.lines()].join("");
  const docs = JSON.parse(content("hgnc_complete_set.json")).response.docs as {
    symbol: string;
    entrez_id: string;
    alias_symbol?: string[];
    prev_symbol?: string[];
  }[];
  assert.equal(docs.length, 2000);
  const names = new Set(
    docs.flatMap((doc) => [
      doc.symbol,
      ...doc.alias_symbol ?? [],
      ...doc.prev_symbol ?? [],
    ]),
  );
  const entrez = new Map(docs.map((doc) => [doc.symbol, doc.entrez_id]));
  const tpm = content("kidney_tpm.csv").trimEnd().split("\n")
    .map((line) => line.split(",") as [string, string]);
  const unknown = tpm.filter(([symbol]) => !names.has(symbol));
  assert.ok(unknown.length > 0 && unknown.length < 20);
  assert.ok(unknown.every(([symbol]) => symbol.startsWith("SAMPLEUNKNOWN")));
  assert.ok(tpm.length > new Set(tpm.map(([symbol]) => symbol)).size);
  for (const [symbol, value] of tpm) {
    assert.match(symbol, /^SAMPLE/);
    assert.match(value, /^\d+(\.\d+)?$/);
  }
  for (const line of content("kidney_percentage.csv").trimEnd().split("\n")) {
    const value = Number(line.split(",")[1]);
    assert.ok(value >= 0 && value <= 1, line);
  }
  for (const line of content("HMD_HumanPhenotype.rpt").trimEnd().split("\n")) {
    const [symbol, id] = line.split("\t") as [string, string];
    assert.equal(entrez.get(symbol), id);
  }
  const [, size, , ...rows] = content("gtex_median_tpm.gct.gz").trimEnd()
    .split("\n");
  assert.equal(size, "2000\t54");
  assert.equal(rows.length, 2000);
  for (const row of rows) assert.equal(row.split("\t").length, 56);
  for (const { path } of files) {
    if (!/^(diagnostic_panels|literature)/.test(path)) continue;
    const file = JSON.parse(content(path));
    assert.equal(file.sample, true);
    assert.ok(file.genes.length > 50, path);
  }
});

Deno.test("sampleFiles() depends on the seed and nothing else", () => {
  const lines = (seed: number) =>
    sampleFiles({ genes: 50, seed }).map((file) => [...file.lines()].join(""));
  assert.deepEqual(lines(3), lines(3));
  assert.notDeepEqual(lines(3), lines(4));
});

Deno.test("sample writes gzip, and says what is wrong with its options", async () => {
  const { log, error } = console;
  const told: string[] = [];
  console.log = console.error = (line: string) => void told.push(line);
  try {
    await inFolder(async (out) => {
      assert.equal(
        await main(["--genes", "20", "--seed", "2", "--gzip", "--out", out]),
        0,
      );
      assert.match(await text(`${out}/kidney_tpm.csv.gz`), /^SAMPLE1,/);
      assert.match(await text(`${out}/README.txt`), /NOT REAL/);
    });
    for (
      const [args, message] of [
        [[], /--genes is missing/],
        [["--genes", "0"], /--genes "0"/],
        [["--genes", "1", "--seed", "x"], /--seed "x"/],
        [["--gene", "1"], /--gene/],
      ] as const
    ) {
      told.length = 0;
      assert.equal(await main([...args]), 1);
      assert.match(told[0]!, message);
    }
    told.length = 0;
    assert.equal(await main(["--help"]), 0);
    assert.match(told[0]!, /--genes N/);
  } finally {
    Object.assign(console, { log, error });
  }
});
