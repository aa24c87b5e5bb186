import assert from "node:assert/strict";
import { createRejectionLog, openBytes } from "@loophound/toolkit/csv";
import type { LoadRun } from "../../../load_task.ts";
import { type NamedGene, readGenes } from "./_read_genes.ts";
import { scanGenes } from "./_scan_genes.ts";
import { realData } from "./_test_loads.ts";

/** As much of a load as reading takes. */
function reading(open: LoadRun<unknown>["open"], bytes: number) {
  return {
    input: { file: { bytes }, maxRecordBytes: 2 ** 20 },
    rejections: createRejectionLog(),
    open,
  } as unknown as LoadRun<unknown>;
}

async function read(run: LoadRun<unknown>) {
  const scan = await scanGenes(run);
  const counts = { rows: 0, duplicates: 0 };
  const genes: NamedGene[] = [];
  for await (const gene of readGenes(run, { scan, counts })) genes.push(gene);
  return { about: scan.about, counts, genes };
}

Deno.test("readGenes() merges whatever the hashes of symbols share", async () => {
  // A file of one byte is given the fewest bits: many symbols share one.
  const symbols = Array.from({ length: 40_000 }, (_, i) => `G${i % 30_000}`);
  const bytes = new TextEncoder().encode(JSON.stringify({
    genes: symbols.map((symbol, i) => ({ symbol, reported_as: `N${i}` })),
  }));
  const run = reading(async function* () {
    yield await Promise.resolve(bytes);
  }, 1);
  const { genes, counts } = await read(run);
  assert.deepEqual(counts, { rows: 40_000, duplicates: 10_000 });
  assert.equal(genes.length, 30_000);
  const named = new Map(genes.map((gene) => [gene.symbol, gene.reportedAs]));
  assert.deepEqual(named.get("G7"), ["N7", "N30007"]);
  assert.deepEqual(named.get("G10000"), ["N10000"]);
});

interface RealEntry {
  symbol: string;
  reported_as: string;
  hgnc_id: string;
  panels?: string[];
}

Deno.test("readGenes() loses nothing of the real files", async (t) => {
  for (const source of ["diagnostic_panels", "literature"]) {
    const folder = await realData(`${source}/`);
    if (folder === undefined) return;
    for await (const { name } of Deno.readDir(folder)) {
      await t.step(name, async () => {
        const file = new URL(name, folder);
        const text = await Deno.readTextFile(file);
        const content = JSON.parse(text) as Record<string, unknown> & {
          genes: RealEntry[];
        };
        const run = reading(() => openBytes(file.pathname), text.length);
        const { about, counts, genes } = await read(run);
        assert.equal(run.rejections.count, 0);
        assert.equal(counts.rows, content.genes.length);
        assert.equal(counts.duplicates, counts.rows - genes.length);
        const { genes: entries, ...rest } = content;
        assert.deepEqual(about, rest);
        // What each entry says, whichever gene it went to.
        const said = (symbol: string, id: string, what: string) =>
          `${symbol}|${id}|${what}`;
        assert.deepEqual(
          new Set(
            genes.flatMap(({ symbol, hgncId, reportedAs, panels }) =>
              [...reportedAs, ...panels].map((what) =>
                said(symbol, hgncId!, what)
              )
            ),
          ),
          new Set(
            entries.flatMap(({ symbol, hgnc_id, reported_as, panels }) =>
              [reported_as, ...panels ?? []].map((what) =>
                said(symbol, hgnc_id, what)
              )
            ),
          ),
        );
      });
    }
  }
});
