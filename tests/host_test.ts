/**
 * Hosts that lack something, and the other ways to start: `deno serve`, with
 * and without `--parallel`.
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, startPostgres } from "./helpers/postgres.ts";
import { spawnServer, startServer, type TestServer } from "./helpers/server.ts";

const NEVER = ["--no-prompt", "--allow-read", "--allow-net", "--allow-env"];

async function dataDir() {
  const folder = await Deno.makeTempDir({ prefix: "loophound-host-" });
  return {
    folder,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** A module that runs before the program. */
async function preload(folder: string, code: string): Promise<string[]> {
  const path = `${folder}/preload.ts`;
  await Deno.writeTextFile(path, code);
  return ["--preload", path];
}

const upload = (server: TestServer) =>
  fetch(`${server.url}/api/sources/descartes/load?part=tpm`, {
    method: "POST",
    body: "A1,5\n",
  });

async function missing(server: TestServer): Promise<string> {
  const runtime = await server.json<{ missing: string[] }>("/api/ops/runtime");
  return runtime.missing.join("\n");
}

Deno.test("without a folder to write to, uploads are refused and all else works", async () => {
  await using postgres = await startPostgres();
  await using data = await dataDir();
  await using server = await startServer({
    flags: [...NEVER, "--allow-sys"],
    env: {
      DATABASE_URL: await postgres.createDatabase(),
      DATA_DIR: `${data.folder}/data`,
      ALLOWED_ROOTS: data.folder,
    },
  });
  assert.match(await missing(server), /Uploads are refused: cannot write to/);
  const refused = await upload(server);
  assert.equal(refused.status, 503);
  const problem = await refused.json();
  assert.equal(problem.type, "urn:loophound:problem:not-ready");
  assert.match(problem.detail, /set DATA_DIR/);
  const path = `${data.folder}/tpm.csv`;
  await Deno.writeTextFile(path, "A1,5\n");
  const load = await fetch(`${server.url}/api/sources/descartes/load`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path, part: "tpm" }),
  });
  assert.equal(load.status, 202, await load.text());
  const ready = await server.json<{ status: string }>("/readyz");
  assert.equal(ready.status, "ready", JSON.stringify(ready));
  assert.equal(await server.stop(), 0);
});

for (
  const [what, flags, env] of [
    ["threads", ["-P=serve"], { THREADS: "inline" }],
    ["the permission sys", [...NEVER, "--allow-write"], {}],
  ] as [string, string[], Record<string, string>][]
) {
  Deno.test(`without ${what} it starts, loads and stops`, async () => {
    await using postgres = await startPostgres();
    await using data = await dataDir();
    await using server = await startServer({
      flags,
      env: {
        DATABASE_URL: await postgres.createDatabase(),
        DATA_DIR: data.folder,
        ...env,
      },
    });
    const answer = await upload(server);
    assert.equal(answer.status, 202);
    const { id } = await answer.json();
    for (;;) {
      const { state } = await server.json<{ state: string }>(`/api/jobs/${id}`);
      if (state === "succeeded") break;
      assert.match(state, /queued|running/);
      await delay(50);
    }
    assert.ok((await missing(server)).length > 0);
    assert.equal(await server.stop(), 0);
  });
}

Deno.test("without signals it starts and says so", async () => {
  await using data = await dataDir();
  await using server = await startServer({
    flags: [
      ...await preload(
        data.folder,
        `Deno.addSignalListener = () => { throw new TypeError("no signals") };`,
      ),
      "-A",
    ],
    env: { DATA_DIR: `${data.folder}/data`, SAMPLE_DATA: "off" },
  });
  assert.match(await missing(server), /Cannot be told to stop by SIGTERM/);
  server.signal("SIGTERM");
  assert.equal((await server.ended).code, 143);
});

Deno.test("a tick of Deno.cron runs what waits and ends", async () => {
  await using data = await dataDir();
  // `deno run --unstable-cron` waits for the minute; this one does not.
  await using server = await startServer({
    flags: [
      ...await preload(
        data.folder,
        `Deno.cron = (name, schedule, { signal }, tick) => {
          (async () => {
            const started = performance.now();
            await tick();
            console.log(JSON.stringify({ ticked: name, schedule, aborted: signal.aborted }));
          })();
          return Promise.resolve();
        };`,
      ),
      "-A",
    ],
    env: { DATA_DIR: `${data.folder}/data`, SAMPLE_DATA: "off" },
  });
  const ticked = () => server.log.find((entry) => "ticked" in entry);
  while (ticked() === undefined) await delay(20);
  assert.deepEqual(ticked(), {
    ticked: "loophound-jobs",
    schedule: "* * * * *",
    aborted: false,
  });
  assert.equal(await server.stop(), 0);
});

Deno.test("deno serve main.ts: requests wait for the start, and the stop for requests", async () => {
  await using data = await dataDir();
  const port = freePort();
  await using server = spawnServer({
    command: "serve",
    flags: ["-A", "--host", "127.0.0.1", "--port", String(port)],
    env: { DATA_DIR: `${data.folder}/data`, SAMPLE_DATA: "off" },
  });
  const url = `http://127.0.0.1:${port}`;
  const statuses = new Set<number>();
  for (;;) {
    const early = await fetch(`${url}/readyz`).catch(() => undefined);
    if (early === undefined) {
      await delay(10);
      continue;
    }
    const { status, parts } = await early.json();
    statuses.add(early.status);
    if (early.status === 200) break;
    assert.equal(status, "not_ready");
    assert.ok(parts.server.detail !== undefined);
    // The first one is there before the database is.
    if (statuses.size === 1 && early.status === 503) {
      const waited = await fetch(`${url}/api/genes`);
      assert.equal(waited.status, 200, await waited.text());
    }
  }
  const runtime = await (await fetch(`${url}/api/ops/runtime`)).json();
  assert.equal(runtime.engine_kind, "pglite");
  server.signal("SIGTERM");
  const { code, ms } = await server.ended;
  assert.equal(code, 0, server.printed());
  assert.ok(ms < 5_000, `it took ${ms} ms`);
});

Deno.test("deno serve --parallel works on PostgreSQL", async () => {
  await using postgres = await startPostgres();
  await using data = await dataDir();
  const port = freePort();
  await using server = spawnServer({
    command: "serve",
    flags: [
      "-P=serve",
      "--parallel",
      "--host",
      "127.0.0.1",
      "--port",
      `${port}`,
    ],
    env: {
      DENO_JOBS: "3",
      DATABASE_URL: await postgres.createDatabase(),
      DATA_DIR: data.folder,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  // Each has a log sink of its own: its figures tell the isolates apart.
  const written = new Set<number>();
  for (let asked = 0; asked < 60; asked++) {
    const answer = await fetch(`${url}/api/genes`, {
      headers: { connection: "close" },
    }).catch(() => undefined);
    if (answer === undefined) {
      asked--;
      await delay(20);
      continue;
    }
    assert.equal(answer.status, 200, await answer.text());
    written.add(asked);
  }
  server.signal("SIGTERM");
  const { code, ms } = await server.ended;
  assert.equal(code, 0, server.printed());
  assert.ok(ms < 5_000, `it took ${ms} ms`);
  const stopping = server.printed().split("\n")
    .filter((line) => line.includes("Stopping by SIGTERM"));
  assert.equal(stopping.length, 3, server.printed());
  assert.doesNotMatch(server.printed(), /Cannot listen|Cannot stop/);
});

Deno.test("deno serve --parallel is refused on the embedded engine, with one message", async () => {
  await using data = await dataDir();
  await using server = spawnServer({
    command: "serve",
    flags: ["-P=serve", "--parallel", "--port", `${freePort()}`],
    env: { DENO_JOBS: "3", DATABASE_URL: "", DATA_DIR: data.folder },
  });
  const { code } = await server.ended;
  assert.equal(code, 1);
  const said = server.printed().split("\n")
    .filter((line) => line.includes("Cannot start"));
  assert.equal(said.length, 1, server.printed());
  assert.match(said[0]!, /--parallel starts several\. Set DATABASE_URL/);
});

Deno.test("a port that is taken ends the process, with a message", async () => {
  await using data = await dataDir();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using server = spawnServer({
    env: {
      PORT: `${taken.addr.port}`,
      DATA_DIR: data.folder,
      SAMPLE_DATA: "off",
    },
  });
  assert.equal((await server.ended).code, 1);
  assert.match(server.printed(), /Cannot listen on 127\.0\.0\.1:\d+: /);
});
