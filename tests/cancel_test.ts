/** A large load that is cancelled stops, frees what it held and leaves nothing. */
import assert from "node:assert/strict";
import { load, onBothEngines, type TestSystem } from "./helpers/system.ts";

/** Seconds of work on each engine. */
const ROWS = { PGlite: 200_000, PostgreSQL: 2_000_000 };

/** A large Descartes file; no value is one that the small file has. */
async function writeLarge(path: string, rows: number): Promise<void> {
  using file = await Deno.open(path, { create: true, write: true });
  const writer = file.writable.getWriter();
  const encoder = new TextEncoder();
  for (let from = 0; from < rows; from += 10_000) {
    let text = "";
    for (let i = from; i < from + 10_000; i++) text += `ROW${i},${i % 997}.5\n`;
    await writer.write(encoder.encode(text));
  }
  await writer.close();
}

/** Every table, temporary ones too, with its rows; not those of jobs. */
async function everything(
  { backend: { engine } }: TestSystem,
): Promise<Record<string, number>> {
  const { rows } = await engine.executeSql(
    `select c.oid::regclass::text as name from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and (n.nspname = 'public' or n.nspname like 'pg_temp%')
       and c.relname !~ '^job' order by 1`,
  );
  const tables: Record<string, number> = {};
  for (const { name } of rows) {
    const { rows: [row] } = await engine.executeSql(
      `select count(*)::int as count from ${name}`,
    );
    tables[String(name)] = Number(row?.count);
  }
  return tables;
}

/** What the small load has brought, and what vouches for it. */
async function loaded({ backend: { engine }, json }: TestSystem) {
  const { rows } = await engine.executeSql("select * from source_state");
  return { rows, gene: await json("/api/genes/PKD1") };
}

async function sessionsOfLoads({ backend: { engine } }: TestSystem) {
  if (engine.kind === "pglite") return 0;
  const { rows } = await engine.executeSql(
    `select count(*)::int as count from pg_stat_activity
     where application_name like 'loophound % load descartes'`,
  );
  return Number(rows[0]?.count);
}

async function until(what: string, holds: () => Promise<boolean>) {
  const end = performance.now() + 60_000;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`Never so: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface Job {
  id: string;
  state: string;
  progress: { done: number; doing: string };
  error: unknown;
}

onBothEngines(
  "A large load that is cancelled leaves nothing and holds nothing",
  async (system, engine) => {
    const inbox = `${system.dataDir}/inbox`;
    await Deno.mkdir(inbox, { recursive: true });
    await Deno.writeTextFile(`${inbox}/small.csv`, "PKD1,1.5\nPKD2,2.5\n");
    await writeLarge(`${inbox}/large.csv`, ROWS[engine]);
    const first = await load(system, "descartes", {
      path: "small.csv",
      part: "tpm",
    });
    assert.equal(first.state, "succeeded", String(first.error?.message));
    const before = await everything(system);
    const data = await loaded(system);

    // At once, and in the middle.
    for (const share of [0, 0.4]) {
      const body = await Deno.open(`${inbox}/large.csv`);
      const started = await system.json<Job>(
        "/api/sources/descartes/load?part=tpm",
        {
          method: "POST",
          headers: { "content-type": "text/csv" },
          body: body.readable,
        },
      );
      const path = `/api/jobs/${started.id}`;
      const size = (await Deno.stat(`${inbox}/large.csv`)).size;
      await until("it has come that far", async () => {
        const { state, progress } = await system.json<Job>(path);
        assert.ok(state === "queued" || state === "running", state);
        return state === "running" && progress.done >= share * size;
      });
      const response = await system.fetch(path, { method: "DELETE" });
      const answer = await response.json() as Job;
      assert.ok(
        response.status === 200 || response.status === 202,
        `${response.status} ${JSON.stringify(answer)}`,
      );
      const job = await system.backend.jobs.finished(started.id);
      assert.equal(job.state, "cancelled");
      assert.equal(job.error, null);

      const pools = await system.json<
        { data: { name: string; concurrent: number }[] }
      >("/api/ops/pools");
      const threads = pools.data.find(({ name }) => name === "load");
      assert.equal(threads?.concurrent, 0);
      assert.equal(await sessionsOfLoads(system), 0);
      assert.deepEqual(await everything(system), before);
      assert.deepEqual(await loaded(system), data);
    }
    const again = await system.fetch(`/api/jobs/${first.id}`, {
      method: "DELETE",
    });
    assert.equal(again.status, 409);
    assert.match((await again.json()).detail, /it has succeeded/);

    // Its place and its connection are free: another load comes through.
    await Deno.writeTextFile(`${inbox}/next.csv`, "PKD1,9.5\n");
    const next = await load(system, "descartes", {
      path: "next.csv",
      part: "tpm",
    });
    assert.equal(next.state, "succeeded", String(next.error?.message));
  },
  { env: { WORKERS: "2" } },
);
