import assert from "node:assert/strict";
import { fingerprintOf, previewOf } from "./_slow_query_text.ts";
import {
  createSlowQueryLog,
  logSlowQuery,
  type QueryRecord,
  type SlowQueryReport,
} from "./slow_query.ts";

const query = (more: Partial<QueryRecord>): QueryRecord => ({
  name: "genes",
  sql: "select * from genes",
  lane: "light",
  execution_ms: 120,
  ...more,
});

Deno.test("createSlowQueryLog() calls slow what takes longer than the threshold", () => {
  const logged: SlowQueryReport[] = [];
  const log = createSlowQueryLog({ log: (report) => logged.push(report) });
  assert.equal(log.record(query({ execution_ms: 49 })), null);
  const report = log.record(query({
    execution_ms: 70,
    started: 0,
    rows: 3,
    decode_ms: 0.1,
  }));
  assert.deepEqual(report, {
    message: "Slow query detected: genes",
    level: "warning",
    name: "genes",
    execution_time_ms: 70,
    wall_ms: 70,
    lag_ms: 0,
    queue_ms: null,
    decode_ms: 0.1,
    rows: 3,
    threshold_ms: 50,
    lane: "light",
    engine: "postgres",
    query_preview: "select * from genes",
    recommendation:
      "Slow in the database server: add an index or rewrite the query, offloading will not help",
    failed: false,
    trace_id: null,
    time: "1970-01-01T00:00:00.000Z",
  });
  assert.deepEqual(logged, [report]);
});

Deno.test("createSlowQueryLog() subtracts the lag of the loop, not the query's own decoding", () => {
  const log = createSlowQueryLog();
  assert.equal(log.record(query({ execution_ms: 65, lag_ms: 58 })), null);
  const own = log.record(
    query({ execution_ms: 200, lag_ms: 150, decode_ms: 150 }),
  );
  assert.equal(own?.execution_time_ms, 200);
  assert.equal(own.lag_ms, 0);
  // A loop that stood while the query waited for its connection.
  assert.equal(
    log.record(query({ execution_ms: 5, queue_ms: 80, lag_ms: 80 })),
    null,
  );
});

Deno.test("createSlowQueryLog() recommends by what was measured", () => {
  const log = createSlowQueryLog();
  const cases: [Partial<QueryRecord>, RegExp, boolean][] = [
    [{ queue_ms: 300 }, /connection pool/, false],
    [{ lane: "heavy", engine: "pglite" }, /heavy lane already/, false],
    [{ decode_ms: 90, rows: 50_000 }, /Decoding 50000 rows took 90 ms/, true],
    [{ decode_ms: 90 }, /Decoding the result/, true],
    [{ engine: "pglite" }, /embedded engine.*heavy lane/, true],
    [{ decode_ms: 2 }, /index or rewrite/, false],
    [{ loop_cpu_ms: 10 }, /index or rewrite/, false],
    [{ loop_cpu_ms: 110 }, /^Must use the heavy lane$/, false],
    [{}, /^Must use the heavy lane$/, false],
    [{ execution_ms: 80 }, /^Should use the heavy lane$/, false],
    [{ execution_ms: 80, engine: "pglite" }, /embedded engine/, false],
  ];
  for (const [facts, recommendation, offload] of cases) {
    const report = log.record(query(facts));
    assert.match(report?.recommendation ?? "", recommendation);
    assert.equal(
      report?.message,
      `${offload ? "CONSIDER OFFLOADING" : "Slow query detected"}: genes`,
    );
    assert.equal(report.threshold_ms, offload ? 100 : 50);
  }
  const eager = createSlowQueryLog({ slowMs: 0 });
  const text = (execution_ms: number) =>
    eager.record(query({ execution_ms }))?.recommendation;
  assert.equal(text(5), "Light lane");
  assert.equal(text(30), "Consider the heavy lane");
});

Deno.test("createSlowQueryLog() keeps the newest and sums up by lane", () => {
  const log = createSlowQueryLog({ ring: 2 });
  const heard: string[] = [];
  const listening = log.onSlow((report) => heard.push(report.name));
  for (const name of ["a", "b", "c"]) logSlowQuery(log, query({ name }));
  listening[Symbol.dispose]();
  log.record(query({ lane: "heavy", execution_ms: 3, failed: true }));
  assert.deepEqual(heard, ["a", "b", "c"]);
  assert.deepEqual(log.recent().map((it) => it.name), ["c", "b"]);
  assert.deepEqual(log.recent(1).map((it) => it.name), ["c"]);
  assert.deepEqual(log.recent(0), []);
  const [light, heavy] = log.stats();
  assert.deepEqual(
    [light?.lane, light?.count, light?.slow, light?.failed],
    ["light", 3, 3, 0],
  );
  assert.equal(light?.execution.sum_ms, 360);
  assert.deepEqual(
    [heavy?.lane, heavy?.count, heavy?.slow, heavy?.failed],
    ["heavy", 1, 0, 1],
  );
  assert.deepEqual(heavy?.execution.buckets[2], { le_ms: 5, count: 1 });
});

Deno.test("createSlowQueryLog() names a query only when it was slow", () => {
  const log = createSlowQueryLog();
  let asked = 0;
  const name = () => {
    asked++;
    return null;
  };
  log.record(query({ name, execution_ms: 1 }));
  assert.equal(asked, 0);
  assert.match(log.record(query({ name }))?.name ?? "", /^select genes #/);
});

Deno.test("previewOf() shortens to 200 characters on one line", () => {
  assert.equal(previewOf("select\n   1"), "select 1");
  const long = previewOf(`select ${"x, ".repeat(1e6)}`);
  assert.equal(long.length, 200);
  assert.ok(long.endsWith("…"));
});

Deno.test("fingerprintOf() tells shapes apart, not values", () => {
  const one = fingerprintOf(`select * from "genes" where id in ($1, $2)`);
  assert.equal(one, fingerprintOf(`SELECT *\nFROM "genes" WHERE id IN ($1)`));
  assert.match(one, /^select genes #[0-9a-f]{8}$/);
  assert.notEqual(one, fingerprintOf(`select * from "genes" where ix = $1`));
  assert.equal(
    fingerprintOf("insert into t values ('a''b', 1), ('c', 2)"),
    fingerprintOf("insert into t values ('x', 7)"),
  );
  assert.match(fingerprintOf("begin"), /^begin #/);
});
