/** The real kidney data, from files to answers, against independent counts. */
import assert from "node:assert/strict";
import { load, onBothEngines, type TestSystem } from "./helpers/system.ts";
import { haveRealData, REAL_DATA, realFiles } from "./helpers/real_data.ts";

interface EvidenceFile {
  genes: { symbol: string; hgnc_id: string | null }[];
}

async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(path)) as T;
}

/** Genes by source, counted from the files by HGNC id, else by symbol. */
async function genesBySource(): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  const idOf = new Map<string, string>();
  const files: [string, EvidenceFile][] = [];
  for (const source of ["diagnostic_panels", "literature"]) {
    for (const path of await realFiles(source)) {
      files.push([source, await readJson<EvidenceFile>(path)]);
    }
  }
  for (const [, file] of files) {
    for (const { symbol, hgnc_id } of file.genes) {
      if (hgnc_id !== null) idOf.set(symbol, hgnc_id);
    }
  }
  for (const [source, file] of files) {
    const genes = found.get(source) ?? new Set();
    for (const { symbol, hgnc_id } of file.genes) {
      genes.add(hgnc_id ?? idOf.get(symbol) ?? symbol);
    }
    found.set(source, genes);
  }
  return found;
}

async function loadAll(system: TestSystem): Promise<void> {
  for (const source of ["diagnostic_panels", "literature"]) {
    for (const path of await realFiles(source)) {
      const { genes } = await readJson<EvidenceFile>(path);
      const job = await load(system, source, { path });
      assert.equal(job.state, "succeeded", `${path}: ${job.error?.message}`);
      const report = job.report!;
      assert.equal(report.rows, genes.length, path);
      assert.equal(report.accepted + report.rejected, report.rows);
      assert.equal(
        report.inserted + report.updated + report.unchanged +
          report.duplicates + report.unresolved,
        report.accepted,
      );
    }
  }
}

onBothEngines(
  "The real data is served as it stands in the files",
  async (system, engine) => {
    if (!await haveRealData(`real data on ${engine}`)) return;
    await loadAll(system);

    // Descartes once by path, and again as a body: the same bytes.
    const path = `${REAL_DATA}/descartes/kidney_tpm.csv`;
    const csv = await Deno.readTextFile(path);
    const lines = csv.trim().split("\n");
    const job = await load(system, "descartes", { path, part: "tpm" });
    assert.equal(job.state, "succeeded", String(job.error?.message));
    assert.equal(job.report!.rows, lines.length);
    const upload = await system.fetch("/api/sources/descartes/load?part=tpm", {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: csv,
    });
    assert.equal(upload.status, 202);
    const again = await system.backend.jobs.finished((await upload.json()).id);
    assert.equal(again.state, "succeeded", String(again.error?.message));
    assert.equal(again.report!.sha256, job.report!.sha256);
    assert.equal(again.report!.inserted + again.report!.updated, 0);

    const pkd1 = await system.json<{
      data: {
        attributes: {
          sources: string[];
          evidence: { attributes: { source_name: string } }[];
          annotations: { descartes: { kidney_tpm: number } };
        };
      };
    }>("/api/genes/PKD1");
    const { attributes } = pkd1.data;
    assert.deepEqual(
      [...new Set(attributes.evidence.map((row) => row.attributes.source_name))]
        .sort(),
      ["diagnostic_panels", "literature"],
    );
    const inFile = lines.map((line) => line.split(",")).findLast(([symbol]) =>
      symbol === "PKD1"
    );
    assert.equal(
      attributes.annotations.descartes.kidney_tpm,
      Number(inFile![1]),
    );

    const counted = await genesBySource();
    const panels = counted.get("diagnostic_panels")!;
    const literature = counted.get("literature")!;
    const both = [...panels].filter((gene) => literature.has(gene)).length;
    const overlaps = await system.json<{
      sets: { name: string; size: number }[];
      intersections: { sets: string[]; size: number }[];
      total_unique_genes: number;
    }>("/api/statistics/source-overlaps");
    assert.deepEqual(overlaps.sets, [
      { name: "diagnostic_panels", size: panels.size },
      { name: "literature", size: literature.size },
    ]);
    const sizes = Object.fromEntries(
      overlaps.intersections.map(({ sets, size }) => [sets.join("+"), size]),
    );
    assert.deepEqual(sizes, {
      "diagnostic_panels": panels.size - both,
      "literature": literature.size - both,
      "diagnostic_panels+literature": both,
    });
    assert.equal(
      overlaps.total_unique_genes,
      new Set([...panels, ...literature]).size,
    );
  },
  { env: { ALLOWED_ROOTS: REAL_DATA } },
);
