/** Headers by which a client reads its own writes. */
import assert from "node:assert/strict";
import { sql } from "kysely";
import { load, onBothEngines, type TestSystem } from "./helpers/system.ts";

const after = (position: string) => ({
  headers: { "Loophound-After": position },
});

async function loadOneGene(system: TestSystem): Promise<string> {
  const path = `${system.dataDir}/inbox/panel.json`;
  await Deno.mkdir(`${system.dataDir}/inbox`, { recursive: true });
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      provider_id: "p",
      provider_name: "P",
      genes: [{ symbol: "A1", panels: ["x"] }],
    }),
  );
  const { id, state } = await load(system, "diagnostic_panels", { path });
  assert.equal(state, "succeeded");
  // The event of its end comes a little later, and clears the cache as well.
  await system.backend.jobs.feed.read(0);
  return id;
}

onBothEngines(
  "Loophound-After is heeded, and refused when it is no position",
  async (system) => {
    const id = await loadOneGene(system);
    for (
      const path of ["/api/genes", "/api/statistics/summary", `/api/jobs/${id}`]
    ) {
      for (const position of ["16B3748", "0/", "0/123456789", "0/1 or 1=1"]) {
        const response = await system.fetch(path, after(position));
        const { detail, errors } = await response.json();
        assert.equal(response.status, 400, `${path} ${position}`);
        assert.equal(errors[0].field, "Loophound-After");
        assert.match(detail, /is no position like 0\/16B3748/);
      }
      const response = await system.fetch(path, after("0/1"));
      await response.body?.cancel();
      assert.equal(response.status, 200, path);
    }

    const told = await system.fetch(`/api/jobs/${id}`);
    await told.body?.cancel();
    const position = told.headers.get("Loophound-Position");
    // The embedded engine has nothing to wait for, and says nothing.
    const embedded = system.backend.engine.kind === "pglite";
    assert.equal(position === null, embedded);
    if (position !== null) assert.match(position, /^[0-9A-F]+\/[0-9A-F]+$/);

    // A heavy query sees what the load that has just ended wrote.
    const { overview } = await system.json<{
      overview: { total_genes: number };
    }>("/api/statistics/summary", after(position ?? "0/1"));
    assert.equal(overview.total_genes, 1);
  },
);

onBothEngines(
  "Loophound-After passes by what the cache has",
  async (system) => {
    const { light } = system.backend.engine;
    const name = async (init?: RequestInit) =>
      (await system.json<{ data: { attributes: { name: string } } }>(
        "/api/genes/A1",
        init,
      )).data.attributes.name;
    await loadOneGene(system);
    const before = await name();
    // As another server does it, behind this one's back.
    await sql`update genes set name = 'renamed'`.execute(light);
    assert.equal(await name(), before);
    assert.equal(await name(after("0/1")), "renamed");
    // And leaves what it has fetched.
    assert.equal(await name(), "renamed");
  },
);
