import assert from "node:assert/strict";
import { startPostgres } from "../../tests/helpers/postgres.ts";
import { startReplica, type TestReplica } from "../../tests/helpers/replica.ts";
import { queryPool, until } from "./_engine_fixture.ts";
import { openEngine } from "./engine.ts";
import type { Engine, HeavyOptions } from "./types.ts";

interface Ground {
  engine: Engine;
  replica: TestReplica;
}

async function onReplica(
  test: (ground: Ground) => Promise<void>,
  options: { maxLagMs?: number; settings?: Record<string, string> } = {},
): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "loophound-db-" });
  {
    await using primary = await startPostgres();
    const url = await primary.createDatabase();
    await using replica = await startReplica(primary, options.settings);
    await using pool = await queryPool(2);
    await using engine = await openEngine({
      dataDir,
      pool,
      databaseUrl: url,
      databaseReplicaUrl: replica.urlOf(url),
      replicaMaxLagMs: options.maxLagMs ?? 10_000,
    });
    await engine.executeSql("create table t (n int)");
    await test({ engine, replica });
  }
  await Deno.remove(dataDir, { recursive: true });
}

async function text(
  engine: Engine,
  sql: string,
  options?: HeavyOptions,
): Promise<string> {
  const body = await engine.heavy.run(
    { name: "test", sql, format: "raw" },
    options,
  );
  return await new Response(body).text();
}

/** Where heavy queries are answered. */
async function where(engine: Engine, options?: HeavyOptions) {
  const sql = "select pg_is_in_recovery()::text";
  return await text(engine, sql, options) === "true" ? "replica" : "primary";
}

const status = (engine: Engine) => engine.positions!.replica()!;
const toReplica = (engine: Engine) =>
  until(
    "the replica answers",
    async () => await where(engine) === "replica",
  );
const toPrimary = (engine: Engine) =>
  until(
    "the primary answers",
    async () => await where(engine) === "primary",
  );

Deno.test("heavy.run() asks the replica, and shows what is asked to be seen", async () => {
  await onReplica(async ({ engine, replica }) => {
    await toReplica(engine);
    const write = async () => {
      await engine.executeSql("insert into t values (1)");
      return await engine.positions!.current();
    };
    const count = "select count(*)::text from t";
    for (let n = 1; n <= 20; n++) {
      const after = await write();
      assert.equal(await text(engine, count, { after }), String(n));
    }
    assert.ok(status(engine).queries.replica > 20, "not for being avoided");

    // Not replayed: the primary answers what must be seen.
    await replica.pauseReplay();
    const after = await write();
    assert.equal(await text(engine, count), "20");
    assert.equal(await text(engine, count, { after }), "21");
    assert.equal(await where(engine, { after }), "primary");
    // Nobody asks for it, and the server has told of it.
    engine.positions!.require(after);
    assert.equal(await text(engine, count), "21");

    // Replayed while the query waits.
    await replica.resumeReplay();
    await until(
      "it has caught up",
      async () => await where(engine, { after }) === "replica",
    );
    await assert.rejects(
      text(engine, count, { after: "first" }),
      /Cannot run a heavy query after "first"/,
    );
  });
});

Deno.test("heavy.run() asks the primary while the replica is too far behind", async () => {
  await onReplica(async ({ engine, replica }) => {
    await toReplica(engine);
    await replica.pauseReplay();
    await engine.executeSql("insert into t values (1)");
    await toPrimary(engine);
    const behind = status(engine);
    assert.equal(behind.used, false);
    assert.match(behind.why!, /^it is \d+\.\d s behind/);
    assert.ok(behind.lag_ms! > 500 && behind.behind_bytes! > 0);
    await replica.resumeReplay();
    await toReplica(engine);
    assert.equal(status(engine).why, null);
  }, { maxLagMs: 500 });
});

Deno.test("heavy.run() answers while the replica dies and comes back", async () => {
  await onReplica(async ({ engine, replica }) => {
    await toReplica(engine);
    await replica.kill();
    // Its connections break at once, or when they are used: never an error.
    for (let n = 0; n < 20; n++) assert.equal(await where(engine), "primary");
    await until("it is told", () => status(engine).used === false);
    assert.match(status(engine).why!, /it cannot be reached|it has refused/);
    await replica.restart();
    await toReplica(engine);
  });
});

Deno.test("heavy.run() asks again on the primary when replaying is in the way", async () => {
  await onReplica(async ({ engine, replica }) => {
    await engine.executeSql(
      "insert into t select generate_series(1, 1000)",
    );
    engine.positions!.require(await engine.positions!.current());
    await toReplica(engine);
    // Still at work on the replica when the table goes.
    const before = status(engine).queries;
    const sleeping = text(
      engine,
      "select count(*)::text || pg_is_in_recovery() from t, lateral (select pg_sleep(case when n = 1 and pg_is_in_recovery() then 30 else 0 end)) s",
    );
    await until("it runs there", async () => {
      const [row] = await replica.query<{ n: string }>(
        "select count(*) as n from pg_stat_activity where query like '%pg_sleep%' and state = 'active' and pid <> pg_backend_pid()",
      );
      return row?.n === "1";
    });
    await engine.executeSql("delete from t where n > 500");
    await engine.executeSql("vacuum t");
    assert.equal(await sleeping, "500false");
    assert.equal(status(engine).queries.primary, before.primary + 1);
    // No fault of the server's: it is used on.
    assert.equal(status(engine).used, true);
    assert.equal(await where(engine), "replica");
  }, { settings: { max_standby_streaming_delay: "0" } });
});

Deno.test("heavy.run() does not wait for a replica that does not answer", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "loophound-db-" });
  {
    await using primary = await startPostgres();
    // Takes connections and says nothing.
    using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const taken: Deno.Conn[] = [];
    const taking = (async () => {
      for await (const connection of silent) taken.push(connection);
    })();
    {
      await using pool = await queryPool(1);
      await using engine = await openEngine({
        dataDir,
        pool,
        databaseUrl: primary.url,
        databaseReplicaUrl: `postgres://x@127.0.0.1:${silent.addr.port}/x`,
      });
      for (let n = 0; n < 200; n++) {
        assert.equal(await where(engine), "primary");
      }
      await until("it is given up", () => status(engine).why !== null);
      // One look and perhaps a second; no query of the 200.
      assert.ok(taken.length <= 5, `${taken.length} connections`);
      assert.equal(status(engine).queries.primary, 200);
    }
    silent.close();
    await taking.catch(() => {});
    for (const connection of taken) connection.close();
  }
  await Deno.remove(dataDir, { recursive: true });
});

Deno.test("a server that is no replica of the primary is not used", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "loophound-db-" });
  {
    await using primary = await startPostgres();
    await using other = await startPostgres({}, { ownIdentifier: true });
    await using pool = await queryPool(1);
    const open = (databaseReplicaUrl: string) =>
      openEngine({
        dataDir,
        pool,
        databaseUrl: primary.url,
        databaseReplicaUrl,
      });
    {
      await using engine = await open(other.url);
      const own = "select inet_server_port()::text";
      assert.equal(await text(engine, own), new URL(primary.url).port);
      assert.match(status(engine).why!, /another database cluster/);
    }
    {
      // The primary by another name is one's own.
      const url = primary.url.replace("127.0.0.1", "localhost");
      await using engine = await open(url);
      await until("it is looked at", () => status(engine).used);
      await text(engine, "select 1::text", {
        after: await engine.positions!.current(),
      });
      assert.equal(status(engine).queries.replica, 1);
    }
    {
      const port = new URL(other.url).port;
      await other.stop();
      await using engine = await open(
        `postgres://x@127.0.0.1:${port}/postgres`,
      );
      assert.equal(await where(engine), "primary");
      assert.match(status(engine).why!, /it cannot be reached/);
    }
  }
  await Deno.remove(dataDir, { recursive: true });
});
