/** The worked examples of docs/collections.md, run as they stand there. */
import assert from "node:assert/strict";
import { sql } from "kysely";
import { proteins } from "./examples/abundance.ts";
import { networks } from "./examples/interactions.ts";
import { load, onBothEngines } from "./helpers/system.ts";

onBothEngines(
  "The CSV source of docs/collections.md loads a file",
  async (system) => {
    await Deno.mkdir(`${system.dataDir}/inbox`, { recursive: true });
    await Deno.writeTextFile(
      `${system.dataDir}/inbox/abundance.csv`,
      "protein,ppm\nP1,1\nP2,2.5\nP1,3\nP3,much\n",
    );
    const job = await load(system, "abundance", { path: "abundance.csv" });
    assert.equal(job.state, "succeeded", String(job.error?.message));
    const { rows, accepted, rejected, inserted, duplicates } = job.report!;
    assert.deepEqual(
      { rows, accepted, rejected, inserted, duplicates },
      { rows: 4, accepted: 3, rejected: 1, inserted: 2, duplicates: 1 },
    );
    const found = await sql<{ protein: string; ppm: number }>`
    select protein, ppm from abundance order by protein`
      .execute(system.backend.engine.light);
    assert.deepEqual(found.rows, [
      { protein: "P1", ppm: 3 },
      { protein: "P2", ppm: 2.5 },
    ]);
  },
  { collections: [proteins] },
);

onBothEngines(
  "The service source of docs/collections.md loads pages",
  async (system) => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => {
        const page = Number(new URL(request.url).searchParams.get("page") ?? 1);
        return Response.json({
          pairs: [{ a: `A${page}`, b: "B", score: page / 4 }],
          next: page < 3 ? `/pairs?page=${page + 1}` : null,
        });
      },
    );
    const url = `http://127.0.0.1:${server.addr.port}/pairs`;
    const job = await load(system, "interactions", { url });
    assert.equal(job.state, "succeeded", String(job.error?.message));
    assert.equal(job.report!.inserted, 3);
    const found = await sql<{ a: string; score: number }>`
    select a, score from interactions order by a`
      .execute(system.backend.engine.light);
    assert.deepEqual(found.rows, [
      { a: "A1", score: 0.25 },
      { a: "A2", score: 0.5 },
      { a: "A3", score: 0.75 },
    ]);
  },
  { collections: [networks] },
);
