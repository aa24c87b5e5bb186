/**
 * The Deno that Deno Deploy documents (2.5, no Web Locks, no promise hooks)
 * serves the API on PostgreSQL, and says what it needs without one.
 */
import assert from "node:assert/strict";
import { haveRealData, REAL_DATA, realFiles } from "./helpers/real_data.ts";
import { startPostgres } from "./helpers/postgres.ts";
import { startLoad, startServer, waitForJob } from "./helpers/server.ts";

const OLD_DENO = ["npx", "-y", "deno@2.5.6"];

/** `npx` would be killed in place of the Deno that it started. */
async function oldDenoPath(): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(OLD_DENO[0]!, {
    args: [...OLD_DENO.slice(1), "eval", "console.log(Deno.execPath())"],
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  assert.ok(success, text.decode(stderr));
  return text.decode(stdout).trim().split("\n").at(-1)!;
}

Deno.test("Deno 2.5.6 serves the API on PostgreSQL", async () => {
  await using postgres = await startPostgres();
  const deno = await oldDenoPath();
  const dataDir = await Deno.makeTempDir({ prefix: "loophound-deploy-" });
  try {
    await using server = await startServer({
      deno: [deno],
      flags: ["-A"],
      env: {
        DATABASE_URL: await postgres.createDatabase(),
        DATA_DIR: dataDir,
        ALLOWED_ROOTS: `${dataDir},${REAL_DATA}`,
      },
    });
    const runtime = await server.json<
      { deno: { deno: string }; threads: { kind: string } }
    >("/api/ops/runtime");
    assert.equal(runtime.deno.deno, "2.5.6");
    assert.equal(runtime.threads.kind, "web");
    const ready = await server.json<{ status: string }>("/readyz");
    assert.equal(ready.status, "ready", JSON.stringify(ready));

    await Deno.writeTextFile(
      `${dataDir}/panel.json`,
      JSON.stringify({
        provider_id: "p",
        provider_name: "P",
        genes: ["A1", "B2"].map((symbol) => ({ symbol, panels: ["x"] })),
      }),
    );
    await Deno.writeTextFile(`${dataDir}/tpm.csv`, "A1,1.5\nB2,2.5\nA1,3\n");
    const loads: [string, Record<string, unknown>][] = [
      ["diagnostic_panels", { path: `${dataDir}/panel.json` }],
      ["descartes", { path: `${dataDir}/tpm.csv`, part: "tpm" }],
    ];
    if (await haveRealData("Deno 2.5.6")) {
      const [file] = await realFiles("literature");
      loads.push(["literature", { path: file }]);
    }
    for (const [source, body] of loads) {
      const job = await waitForJob(
        server,
        await startLoad(server, source, body),
      );
      assert.equal(job.state, "succeeded", String(job.error?.message));
    }
    const upload = await fetch(
      `${server.url}/api/sources/descartes/load?part=percentage`,
      { method: "POST", body: "A1,0.5\nB2,1.5\n" },
    );
    assert.equal(upload.status, 202);
    const job = await waitForJob(server, (await upload.json()).id);
    assert.equal(job.state, "succeeded", String(job.error?.message));
    assert.equal(job.report!.rejected, 1);

    const gene = await server.json<
      { data: { attributes: { annotations: { descartes: unknown } } } }
    >("/api/genes/A1");
    assert.deepEqual(gene.data.attributes.annotations.descartes, {
      kidney_tpm: 3,
      kidney_percentage: 0.5,
      cell_type: "kidney",
      dataset_version: "human_gtex",
      gene_symbol: "A1",
    });
    for (
      const path of [
        "/healthz",
        "/openapi.json",
        "/docs",
        "/metrics",
        "/api/sources",
        "/api/jobs",
        "/api/genes?page[size]=1&sort=-symbol",
        "/api/genes/A1/evidence",
        "/api/genes/A1/annotations",
        "/api/statistics/summary",
        "/api/statistics/source-overlaps",
        "/api/statistics/source-distributions",
        "/api/statistics/evidence-composition",
        "/api/ops/loop",
        "/api/ops/blocks",
        "/api/ops/queries",
        "/api/ops/pools",
      ]
    ) {
      const response = await fetch(`${server.url}${path}`);
      const text = await response.text();
      assert.equal(response.status, 200, `${path}: ${text.slice(0, 300)}`);
      assert.ok(text.length > 0, path);
    }
    const missing = await fetch(`${server.url}/api/genes/NONE`);
    await missing.body?.cancel();
    assert.equal(missing.status, 404);
    assert.equal(await server.stop(), 0);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("Deno 2.5.6 without a database says what to set", async () => {
  const deno = await oldDenoPath();
  await assert.rejects(
    startServer({ deno: [deno], flags: ["-A"], env: { DATABASE_URL: "" } }),
    /ended with 1 before it listened[\s\S]*Set DATABASE_URL/,
  );
});
