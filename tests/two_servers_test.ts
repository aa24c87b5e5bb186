/**
 * Two servers on one PostgreSQL with a streaming replica: jobs are shared, own
 * writes are read, a replica that is late or gone costs nothing but its help,
 * and a load balancer loses no request when one of them stops.
 */
import assert from "node:assert/strict";
import type { ReplicaStatus } from "../src/db/types.ts";
import { balance } from "./helpers/balancer.ts";
import { startPostgres } from "./helpers/postgres.ts";
import { startReplica, type TestReplica } from "./helpers/replica.ts";
import {
  startLoad,
  startServer,
  type TestServer,
  waitForJob,
} from "./helpers/server.ts";

const AFTER = "Loophound-After";
const POSITION = "Loophound-Position";

interface Ground {
  a: TestServer;
  b: TestServer;
  replica: TestReplica;
  databaseUrl: string;
  /** The data folders of `a` and `b`. */
  folders: [string, string];
}

async function until(
  what: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  const end = performance.now() + 30_000;
  while (!await holds()) {
    if (performance.now() > end) throw new Error(`Not so in 30 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let panels = 0;

/** A panel that names genes 1 to `genes`. */
async function writePanel(folder: string, genes: number): Promise<string> {
  const path = `${folder}/panel_${++panels}.json`;
  const names = Array.from({ length: genes }, (_, i) => `GENE${i + 1}`);
  await Deno.writeTextFile(
    path,
    JSON.stringify({
      provider_id: "p",
      provider_name: "P",
      genes: names.map((symbol) => ({ symbol, panels: ["x"] })),
    }),
  );
  return path;
}

/** Loads a panel by path and answers the position that its end was told with. */
async function loadPanel(
  server: TestServer,
  folder: string,
  genes: number,
): Promise<{ id: string; position: string }> {
  const path = await writePanel(folder, genes);
  const id = await startLoad(server, "diagnostic_panels", { path });
  const { state, error } = await waitForJob(server, id);
  assert.equal(state, "succeeded", String(error?.message));
  const response = await fetch(`${server.url}/api/jobs/${id}`);
  await response.body?.cancel();
  return { id, position: response.headers.get(POSITION)! };
}

const after = (position: string) => ({ headers: { [AFTER]: position } });

/** Genes, as the heavy lane counts them. */
async function heavyCount(
  server: TestServer,
  init?: RequestInit,
): Promise<number> {
  const { overview } = await server.json<{
    overview: { total_genes: number };
  }>("/api/statistics/summary", init);
  return overview.total_genes;
}

/** Genes, as the light lane counts them. */
async function lightCount(
  server: TestServer,
  init?: RequestInit,
): Promise<number> {
  const { meta } = await server.json<{ meta: { total: number } }>(
    "/api/genes",
    init,
  );
  return meta.total;
}

async function replicaOf(server: TestServer): Promise<ReplicaStatus> {
  const { replica } = await server.json<{ replica: ReplicaStatus }>(
    "/api/ops/runtime",
  );
  return replica;
}

/** Waits until the replica answers a heavy query of the server's. */
async function usesReplica(server: TestServer): Promise<void> {
  const before = (await replicaOf(server)).queries.replica;
  await until("the replica answers", async () => {
    await heavyCount(server);
    return (await replicaOf(server)).queries.replica > before;
  });
}

async function openGround(): Promise<Ground & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const primary = stack.use(await startPostgres());
  const databaseUrl = await primary.createDatabase();
  const replica = stack.use(await startReplica(primary));
  const start = async (folder: string) =>
    await startServer({
      env: {
        DATABASE_URL: databaseUrl,
        DATABASE_REPLICA_URL: replica.urlOf(databaseUrl),
        REPLICA_MAX_LAG_S: "2",
        DRAIN_DELAY_S: "1",
        DATA_DIR: folder,
        ALLOWED_ROOTS: folder,
      },
    });
  const folder = async () => {
    const path = await Deno.makeTempDir({ prefix: "loophound-two-" });
    stack.defer(() => Deno.remove(path, { recursive: true }));
    return path;
  };
  const folders: [string, string] = [await folder(), await folder()];
  // At once: both migrate, one of them does.
  const servers = await Promise.allSettled(folders.map(start));
  for (const server of servers) {
    if (server.status === "fulfilled") stack.use(server.value);
  }
  const [a, b] = servers.map((server) => {
    if (server.status === "rejected") throw server.reason;
    return server.value;
  });
  const owned = stack.move();
  return {
    a: a!,
    b: b!,
    replica,
    databaseUrl,
    folders,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function sharesJobs(ground: Ground): Promise<void> {
  const { a, b, folders, replica, databaseUrl } = ground;
  const ids: string[] = [];
  ids.push((await loadPanel(a, folders[0], 10)).id);
  ids.push((await loadPanel(b, folders[1], 11)).id);
  const upload = await fetch(
    `${a.url}/api/sources/descartes/load?part=tpm`,
    { method: "POST", body: "GENE1,1.5\nGENE2,2.5\n" },
  );
  assert.ok(upload.headers.get(POSITION), "it has written a job");
  const { id } = await upload.json();
  // Asked of the other one.
  const { state, report } = await waitForJob(b, id);
  assert.deepEqual([state, report?.accepted], ["succeeded", 2]);
  ids.push(id);

  for (const server of [a, b]) {
    const { data } = await server.json<{ data: { id: string }[] }>("/api/jobs");
    assert.deepEqual(data.map(({ id }) => id), ids.toReversed());
  }
  // A file is where it was given: no other server can read it.
  const hosts = await Promise.all(
    folders.map(async (folder) =>
      (await Deno.readTextFile(`${folder}/spool/host_id`)).trim()
    ),
  );
  const [atA, atB] = hosts;
  assert.notEqual(atA, atB);
  await until("the replica has the jobs", async () => {
    const rows = await replica.query<{ host: string }>(
      "select host from jobs order by seq",
      databaseUrl,
    );
    return JSON.stringify(rows.map(({ host }) => host)) ===
      JSON.stringify([atA, atB, atA]);
  });
}

async function readsOwnWrites({ a, b, folders }: Ground): Promise<void> {
  await usesReplica(a);
  await usesReplica(b);
  const before = await replicaOf(a);
  for (let genes = 20; genes < 30; genes++) {
    // In B's cache, so that it would be told again.
    await lightCount(b);
    const { position } = await loadPanel(a, folders[0], genes);
    assert.equal(await lightCount(a), genes);
    assert.equal(await heavyCount(a), genes);
    assert.equal(await lightCount(b, after(position)), genes);
    assert.equal(await heavyCount(b, after(position)), genes);
  }
  assert.ok(
    (await replicaOf(a)).queries.replica > before.queries.replica,
    "own writes are read from the replica too",
  );
  // Who has seen the end at B needs no header there.
  const { id } = await loadPanel(a, folders[0], 30);
  await waitForJob(b, id);
  assert.equal(await lightCount(b), 30);
  assert.equal(await heavyCount(b), 30);
}

async function outlivesLag(ground: Ground): Promise<void> {
  const { a, b, folders, replica } = ground;
  await usesReplica(b);
  await replica.pauseReplay();
  const { position } = await loadPanel(a, folders[0], 40);
  // Not replayed, and never waited for longer than a second.
  assert.equal(await heavyCount(a), 40);
  assert.equal(await heavyCount(b, after(position)), 40);
  for (const server of [a, b]) {
    await until(
      "the replica is given up",
      async () => !(await replicaOf(server)).used,
    );
    const { why, lag_ms, behind_bytes } = await replicaOf(server);
    assert.match(why!, /^it is \d+\.\d s behind/);
    assert.ok(lag_ms! > 2_000 && behind_bytes! > 0);
    const ready = await fetch(`${server.url}/readyz`);
    assert.equal(ready.status, 200);
    assert.match((await ready.json()).parts.replica.detail, /primary.*behind/);
    const { queries } = await replicaOf(server);
    assert.equal(await heavyCount(server), 40);
    assert.deepEqual((await replicaOf(server)).queries, {
      replica: queries.replica,
      primary: queries.primary + 1,
    });
  }
  await replica.resumeReplay();
  for (const server of [a, b]) {
    await usesReplica(server);
    assert.equal(await heavyCount(server), 40);
    const said = server.log.map(({ message }) => String(message)).filter((it) =>
      it.startsWith("Heavy queries go to")
    );
    // Once for each change, not for each query.
    assert.match(said[0]!, /the primary: the replica: it is \d.* behind/);
    for (const [index, line] of said.entries()) {
      const again = line === "Heavy queries go to the replica again";
      assert.equal(again, index % 2 === 1, said.join("\n"));
    }
    assert.equal(said.length % 2, 0, said.join("\n"));
  }
}

async function outlivesReplica({ a, b, replica }: Ground): Promise<void> {
  const asking = { on: true };
  const ask = async (server: TestServer): Promise<number> => {
    let answers = 0;
    while (asking.on) {
      assert.equal(await heavyCount(server), 40);
      answers++;
    }
    return answers;
  };
  const answers = Promise.all([a, b].map(ask));
  // Awaited at the end; what fails before is told first.
  answers.catch(() => {});
  const given = (server: TestServer) =>
    until("it is given up", async () => !(await replicaOf(server)).used);
  try {
    await usesReplica(a);
    await replica.kill();
    await Promise.all([given(a), given(b)]);
    await replica.restart();
    await Promise.all([usesReplica(a), usesReplica(b)]);
  } finally {
    asking.on = false;
  }
  for (const count of await answers) assert.ok(count > 0);
  const rows = await replica.query<{ n: string }>(
    "select count(*) as n from pg_stat_activity where application_name like 'loophound heavy%'",
  );
  assert.ok(Number(rows[0]!.n) > 0, "its own account of it");
}

async function losesNoRequest({ a, b }: Ground): Promise<void> {
  await using balancer = await balance([a, b]);
  assert.deepEqual(balancer.ready, [true, true]);
  const paths = ["/api/genes/GENE1", "/api/statistics/summary", "/api/jobs"];
  const statuses = new Map<number, number>();
  let sent = 0;
  let stopping: Promise<number> | undefined;
  const client = async () => {
    while (sent < 1_200) {
      const path = paths[sent++ % paths.length]!;
      const response = await balancer.fetch(path);
      await response.arrayBuffer();
      const { status } = response;
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (sent > 400) stopping ??= a.stop();
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  assert.deepEqual([...statuses.keys()], [200]);
  assert.equal(await stopping, 0);
  assert.ok(balancer.answered.every((count) => count > 100));
  assert.ok(balancer.refused[0]! > 0, "it said so before it was gone");
  assert.deepEqual(balancer.ready, [false, true]);
  assert.equal(balancer.refused[1], 0);
}

Deno.test("two servers share one PostgreSQL and its replica", async (t) => {
  await using ground = await openGround();
  await t.step("jobs are shared", () => sharesJobs(ground));
  await t.step("own writes are read", () => readsOwnWrites(ground));
  await t.step("a replica far behind is not asked", () => outlivesLag(ground));
  await t.step(
    "a replica may die and come back",
    () => outlivesReplica(ground),
  );
  await t.step(
    "a server stops, no request is lost",
    () => losesNoRequest(ground),
  );
});
