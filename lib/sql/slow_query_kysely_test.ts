import { startLoopMonitor } from "@loophound/toolkit/monitor";
import assert from "node:assert/strict";
import { Kysely, PostgresDialect, sql } from "kysely";
import pg from "pg";
import {
  startPostgres,
  type TestPostgres,
} from "../../tests/helpers/postgres.ts";
import { createSlowQueryLog } from "./slow_query.ts";
import { kyselyQueryLog, named } from "./slow_query_kysely.ts";
import { meterQueries } from "./slow_query_pool.ts";

interface Schema {
  item: { id: number; name: string; note: string };
}

/** A database, its log and monitor, closed together. */
async function open(
  server: TestPostgres,
  options: { metered?: boolean; max?: number } = {},
) {
  const { metered = true, max = 4 } = options;
  const monitor = startLoopMonitor({ log: null, graceMs: 0 });
  const log = createSlowQueryLog();
  // What it would say if the loop's lag were not subtracted.
  const naive = createSlowQueryLog();
  const pool = new pg.Pool({
    connectionString: await server.createDatabase(),
    max,
  });
  const meter = metered ? meterQueries(pool) : null;
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: meter?.pool ?? pool }),
    log: (event) => {
      kyselyQueryLog(log, { engine: "postgres", monitor, meter })(event);
      kyselyQueryLog(naive)(event);
    },
  });
  await sql`create table item as
    select i::int as id, 'name ' || i as name, repeat('x', 40) as note
    from generate_series(1, 120000) i`.execute(db);
  return {
    db,
    log,
    naive,
    monitor,
    async [Symbol.asyncDispose]() {
      monitor.stop();
      await db.destroy();
    },
  };
}

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

Deno.test("kyselyQueryLog() on PostgreSQL", async (t) => {
  await using server = await startPostgres();
  await using opened = await open(server);
  const { db, log, naive, monitor } = opened;

  await t.step(
    "does not call a fast query slow while others spin",
    async () => {
      // Once more if the machine was so slow that the answer came before the spin.
      for (let i = 0; i < 5 && naive.recent(1)[0]?.name !== "fast"; i++) {
        const query = sql`select pg_sleep(0.02)`.execute(named(db, "fast"));
        await sleep(1);
        spin(60);
        await query;
      }
      assert.equal(naive.recent(1)[0]?.name, "fast");
      assert.deepEqual(log.recent().filter((it) => it.name === "fast"), []);
    },
  );

  await t.step(
    "recommends an index for what the server does slowly",
    async () => {
      await sql`select pg_sleep(0.3)`.execute(named(db, "sleeper"));
      const [report] = log.recent(1);
      assert.equal(report?.message, "Slow query detected: sleeper");
      assert.match(report.recommendation, /index or rewrite/);
      assert.ok(report.execution_time_ms > 100, `${report.execution_time_ms}`);
      assert.equal(report.lane, "light");
      assert.match(report.query_preview, /^select pg_sleep/);
    },
  );

  await t.step("recommends the heavy lane for a large result", async () => {
    const rows = await named(db, "all items").selectFrom("item as a")
      .innerJoin(
        sql<{ n: number }>`(values (1), (2), (3), (4))`.as<"v">("v"),
        (join) => join.onTrue(),
      )
      .selectAll("a").select(["a.id as b", "a.id as c", "a.name as d"])
      .execute();
    assert.equal(rows.length, 480_000);
    const [report] = log.recent(1);
    assert.equal(report?.name, "all items");
    assert.equal(report.rows, 480_000);
    assert.ok(report.decode_ms !== null && report.decode_ms > 50);
    assert.match(report.recommendation, /stream it through the heavy lane/);
    assert.equal(report.message, "CONSIDER OFFLOADING: all items");
  });

  await t.step("names a query by its route, else by its SQL", async () => {
    await monitor.measure(
      "GET /api/items",
      () => sql`select pg_sleep(0.3), 1`.execute(db),
    );
    assert.equal(log.recent(1)[0]?.name, "GET /api/items");
    await sql`select pg_sleep(0.3) from item where id = 1`.execute(db);
    assert.match(log.recent(1)[0]?.name ?? "", /^select item #[0-9a-f]{8}$/);
  });

  await t.step("keeps a name within transactions", async () => {
    await db.transaction().execute(async (trx) => {
      await sql`select pg_sleep(0.3)`.execute(named(trx, "in transaction"));
    });
    assert.equal(log.recent(1)[0]?.name, "in transaction");
  });

  await t.step("records a slow query that fails", async () => {
    await assert.rejects(
      sql`do $$ begin perform pg_sleep(0.3); raise exception 'no'; end $$`
        .execute(named(db, "broken")),
    );
    assert.equal(log.recent(1)[0]?.name, "broken");
    assert.equal(log.recent(1)[0]?.failed, true);
    assert.equal(log.stats()[0]?.failed, 1);
  });
});

Deno.test("kyselyQueryLog() tells waiting for a connection from a slow query", async () => {
  await using server = await startPostgres();
  await using opened = await open(server, { max: 1 });
  const { db, log } = opened;
  await Promise.all([
    sql`select pg_sleep(0.2)`.execute(named(db, "holder")),
    sql`select 1`.execute(named(db, "waiter")),
  ]);
  const waiter = log.recent().find((it) => it.name === "waiter");
  assert.match(waiter?.recommendation ?? "", /connection pool/);
  assert.ok((waiter?.queue_ms ?? 0) > 100);
  assert.ok((waiter?.execution_time_ms ?? 999) < 100);
});

Deno.test("kyselyQueryLog() without a meter tells a slow server by the thread's CPU time", async () => {
  await using server = await startPostgres();
  await using opened = await open(server, { metered: false });
  const { db, log } = opened;
  await sleep(50);
  await sql`select pg_sleep(0.25)`.execute(named(db, "sleeper"));
  const [report] = log.recent(1);
  assert.equal(report?.name, "sleeper");
  assert.equal(report.decode_ms, null);
  assert.match(report.recommendation, /index or rewrite/);
});
