import assert from "node:assert/strict";
import { join } from "node:path";
import { sql } from "kysely";
import { useDatabase } from "./_contract_thread.ts";
import { openTestEngine, queryPool, until } from "./_engine_fixture.ts";
import { connect } from "./connect.ts";
import { enginesAlive, openEngine } from "./engine.ts";
import {
  DataDirLockedError,
  EngineEndedError,
  TransactionExpiredError,
} from "./errors.ts";

const endless =
  "select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b, generate_series(1, 100000) c";

Deno.test("openEngine() keeps others out of an embedded database and survives its own thread", async (t) => {
  {
    await using test = await openTestEngine("pglite", {
      sessionMs: 300,
      maxTurnMs: 1_000,
    });
    const { engine, dataDir, pool } = test;
    const db = engine.light;
    await engine.executeSql(
      "create table item (id int primary key, name text); insert into item select g, 'n' from generate_series(1, 1000) g",
    );

    await t.step("a second engine of this process is refused", async () => {
      await assert.rejects(
        openEngine({ dataDir, pool }),
        (error) =>
          error instanceof DataDirLockedError && error.pid === Deno.pid &&
          error.message.includes(dataDir),
      );
      assert.equal(enginesAlive(), 1);
    });

    await t.step("an engine of another process is refused", async () => {
      const program = `
        import { openDataDir } from ${
        JSON.stringify(new URL("./data_dir.ts", import.meta.url).href)
      };
        try {
          await openDataDir(${JSON.stringify(dataDir)});
        } catch (error) {
          console.log(error.name, error.pid);
        }`;
      const { stdout } = await new Deno.Command(Deno.execPath(), {
        args: ["eval", "--no-lock", program],
        stderr: "inherit",
      }).output();
      assert.equal(
        new TextDecoder().decode(stdout).trim(),
        `DataDirLockedError ${Deno.pid}`,
      );
    });

    await t.step(
      "a lookup waits for one slice of a load, not for the load",
      async () => {
        await using load = await connect(engine.address("load"));
        const order: string[] = [];
        const slices = Array.from({ length: 40 }, (_, slice) =>
          load.batch([{
            sql: "update item set name = $1 || repeat('x', 50) where id > 0",
            params: [`s${slice}`],
          }]).then(() => order.push("slice")));
        for (let lookup = 0; lookup < 20; lookup++) {
          const before = order.length;
          await sql`select name from item where id = ${lookup + 1}`.execute(db);
          // The slice that ran when it was asked, and one that was begun while
          // the question or the answer travelled.
          assert.ok(order.length - before <= 2, order.join(" "));
          order.push("lookup");
        }
        await Promise.all(slices);
        assert.equal(order.filter((what) => what === "slice").length, 40);
      },
    );

    await t.step(
      "lookups go between the chunks of a heavy answer",
      async () => {
        const reader = (await engine.heavy.run({
          name: "big",
          sql:
            "select g, repeat('x', 200) as t from generate_series(1, 60000) g",
        })).getReader();
        let chunks = 0;
        let lookups = 0;
        while (!(await reader.read()).done) {
          chunks++;
          await sql`select 1`.execute(db);
          lookups++;
        }
        assert.ok(chunks > 20);
        assert.equal(lookups, chunks);
      },
    );

    await t.step("a transaction that takes too long is undone", async () => {
      await assert.rejects(
        db.transaction().execute(async (trx) => {
          await sql`delete from item`.execute(trx);
          await new Promise((resolve) => setTimeout(resolve, 600));
          await sql`select 1`.execute(trx);
        }),
        TransactionExpiredError,
      );
      const { rows } = await sql<{ n: number }>`select count(*) as n from item`
        .execute(db);
      assert.equal(rows[0]?.n, 1000);
    });

    await t.step(
      "a statement that does not end costs the thread, not the database",
      async () => {
        await using load = await connect(engine.address("load"));
        const stuck = sql`${sql.raw(endless)}`.execute(db);
        await new Promise((resolve) => setTimeout(resolve, 100));
        const behind = load.query("select 1");
        const inThread = pool.run(useDatabase, {
          db: engine.address("thread"),
          hang: false,
        });
        await Promise.all([
          assert.rejects(stuck, EngineEndedError),
          assert.rejects(behind, EngineEndedError),
          assert.rejects(inThread, { name: "EngineEndedError" }),
        ]);
        await assert.rejects(load.query("select 1"), EngineEndedError);
        await until(
          "the database answers again",
          () => engine.ping().then(() => true, () => false),
        );
        const { rows } = await sql<
          { n: number }
        >`select count(*) as n from item`
          .execute(db);
        assert.equal(rows[0]?.n, 1000);
        await using again = await connect(engine.address("load"));
        assert.deepEqual((await again.query("select 1 as a")).rows, [{ a: 1 }]);
        await again.lock("held when it closes");
      },
    );

    await engine.close();
    await engine.close();
    assert.equal(await Deno.readTextFile(join(dataDir, "lock")), "");
    await assert.rejects(engine.ping(), EngineEndedError);

    await t.step(
      "the folder opens again, here on the loop itself",
      async () => {
        await using here = await openEngine({
          dataDir,
          pool,
          threadKind: "inline",
        });
        const { rows } = await sql<
          { n: number }
        >`select count(*) as n from item`
          .execute(here.light);
        assert.equal(rows[0]?.n, 1000);
      },
    );
  }
  assert.equal(enginesAlive(), 0);
});

Deno.test("openEngine() opens what a killed process left, and tidies it", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "loophound-db-" });
  const program = `
    import { openEngine } from ${
    JSON.stringify(new URL("./engine.ts", import.meta.url).href)
  };
    import { queryPool } from ${
    JSON.stringify(new URL("./_engine_fixture.ts", import.meta.url).href)
  };
    const engine = await openEngine({
      dataDir: ${JSON.stringify(dataDir)},
      pool: await queryPool(),
    });
    await engine.executeSql("create table t as select g from generate_series(1, 500) g");
    engine.executeSql("begin; delete from t; ${endless}; commit");
    await new Promise((resolve) => setTimeout(resolve, 200));
    Deno.kill(Deno.pid, "SIGKILL");`;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--config", config, "--no-lock", program],
    stderr: "inherit",
  }).output();
  assert.match(await Deno.readTextFile(join(dataDir, "lock")), /^\d+\n$/);
  {
    await using pool = await queryPool();
    await using engine = await openEngine({ dataDir, pool });
    const count = async (query: string) =>
      (await engine.executeSql(query)).rows[0]?.["n"];
    assert.equal(await count("select count(*) as n from t"), 500);
    await until("the table was vacuumed", async () => {
      // Asking keeps the engine from being idle.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return await count(
        "select vacuum_count as n from pg_stat_user_tables",
      ) === 1;
    });
  }
  await Deno.remove(dataDir, { recursive: true });
});
