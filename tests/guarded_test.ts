/** Our own food: the backend makes no synchronous call on its loop. */
import assert from "node:assert/strict";
import { startServer } from "./helpers/server.ts";

const PATHS = [
  "/healthz",
  "/metrics",
  "/openapi.json",
  "/docs",
  "/api/genes?page[size]=100&sort=-evidence_score",
  "/api/genes/NOWHERE",
  "/api/statistics/summary",
  "/api/statistics/source-overlaps",
  "/api/sources",
  "/api/jobs",
  "/api/ops/loop",
  "/api/ops/blocks",
  "/api/ops/queries",
  "/api/ops/pools",
  "/api/ops/runtime",
];

Deno.test("the backend makes no synchronous call once it serves (pglite)", async () => {
  const folder = await Deno.makeTempDir();
  const arm = `${folder}/arm`;
  const preload = new URL("examples/guard_when_told.ts", import.meta.url);
  preload.searchParams.set("arm", arm);
  try {
    await using server = await startServer({
      env: { DATA_DIR: `${folder}/data`, SAMPLE_DATA: "off" },
      flags: ["-A", "--preload", preload.href],
    });
    const guarded = () => server.log.filter((it) => "guarded" in it);
    await Deno.writeTextFile(arm, "");
    // The call of the preload module itself: from here on the guard looks.
    for (let i = 0; guarded().length === 0 && i < 600; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.match(String(guarded()[0]?.guarded), /Deno\.statSync/);
    for (const path of PATHS) {
      const response = await fetch(`${server.url}${path}`);
      await response.body?.cancel();
    }
    const loaded = await fetch(
      `${server.url}/api/sources/descartes/load?part=tpm`,
      {
        method: "POST",
        headers: { "content-type": "text/csv" },
        body: "PKD1,3.5\nPKD2,1.25\n",
      },
    );
    assert.equal(loaded.status, 202, await loaded.clone().text());
    const job = await loaded.json() as { id: string };
    for (let i = 0; i < 300; i++) {
      const { state } = await server.json<{ state: string }>(
        `/api/jobs/${job.id}`,
      );
      if (state !== "queued" && state !== "running") break;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.deepEqual(guarded().slice(1), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
