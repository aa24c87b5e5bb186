import assert from "node:assert/strict";
import { sql } from "kysely";
import { openTestEngine, until } from "./_engine_fixture.ts";
import type { Engine } from "./types.ts";

async function running(engine: Engine): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from pg_stat_activity
    where state = 'active' and query like '%busy%' and pid <> pg_backend_pid()`
    .execute(engine.light);
  return rows[0]?.n ?? 0;
}

// Computes without ever looking at its client.
const busy = {
  name: "busy",
  sql:
    "select count(*) as busy from generate_series(1, 1000000) a, generate_series(1, 1000000) b",
};

Deno.test("heavy.run() stops the query on the server", async (t) => {
  await using test = await openTestEngine("postgres");
  const { engine, pool } = test;
  const started = () => until("it runs", async () => await running(engine) > 0);
  const stopped = () =>
    until("it was cancelled", async () => await running(engine) === 0);

  await t.step("at an abort", async () => {
    const controller = new AbortController();
    const answer = engine.heavy.run(busy, { signal: controller.signal });
    answer.catch(() => {});
    await started();
    controller.abort(new Error("enough"));
    await assert.rejects(answer, /enough/);
    await stopped();
  });

  await t.step("at its deadline", async () => {
    await assert.rejects(
      engine.heavy.run(busy, { deadlineMs: 300 }),
      { name: "TimeoutError", deadlineOf: "query busy" },
    );
    await stopped();
  });

  await t.step("when the reader goes away", async () => {
    const body = await engine.heavy.run({
      name: "busy rows",
      sql:
        "select generate_series(1, 100000000) as busy, repeat('x', 1000) as t",
    });
    const reader = body.getReader();
    await reader.read();
    assert.equal(await running(engine), 1);
    await reader.cancel();
    await stopped();
  });

  await t.step("and goes on with the next query", async () => {
    const answer = await engine.heavy.run({
      name: "one",
      sql: "select 1 as a",
    });
    assert.equal(await new Response(answer).text(), '[{"a":1}]');
  });

  await t.step("when its thread is gone", async () => {
    const answer = engine.heavy.run(busy);
    answer.catch(() => {});
    await started();
    await pool.close();
    await assert.rejects(answer);
    await stopped();
  });
});

Deno.test("light queries are ended by the server after 10 s, heavy ones read only", async () => {
  await using test = await openTestEngine("postgres");
  const { engine } = test;
  const { rows } = await sql`
    select current_setting('statement_timeout') as timeout,
      current_setting('timezone') as zone`.execute(engine.light);
  assert.deepEqual(rows, [{ timeout: "10s", zone: "UTC" }]);
  const answer = await engine.heavy.run({
    name: "settings",
    sql:
      "select current_setting('transaction_read_only') as ro, current_setting('statement_timeout') as timeout, current_setting('timezone') as zone",
  }, { deadlineMs: 7_000 });
  assert.equal(
    await new Response(answer).text(),
    '[{"ro":"on","timeout":"7s","zone":"UTC"}]',
  );
});
