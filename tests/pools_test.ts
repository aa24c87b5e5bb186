/** All that bounds what goes on at once is shown in one place. */
import assert from "node:assert/strict";
import { onBothEngines } from "./helpers/system.ts";

interface PoolRow {
  name: string;
  kind: string;
  limit: number | null;
  concurrent: number;
  queue_depth: number;
  completed: number;
  wait_ms: { p50: number; p99: number };
  held_by: { holder: string; ms: number }[];
}

onBothEngines(
  "/api/ops/pools shows threads, connections and limits",
  async (system, engine) => {
    const rows = async () => {
      const { data } = await system.json<{ data: PoolRow[] }>(
        "/api/ops/pools",
      );
      return new Map(data.map((row) => [row.name, row]));
    };
    const names = [...(await rows()).keys()];
    assert.deepEqual(names, [
      "import",
      "spotify",
      "discogs",
      "roon",
      "http",
      "load",
      "query",
      "short",
      "spool",
      "database",
    ]);

    const { limits } = system.backend;
    const discogs = limits.semaphore("discogs");
    using _a = await discogs.acquire({ holder: "job 41" });
    using _b = await discogs.acquire({ holder: "job 42" });
    const leave = new AbortController();
    const waiting = discogs.acquire({ signal: leave.signal });
    const row = (await rows()).get("discogs")!;
    assert.equal(row.limit, 2);
    assert.equal(row.concurrent, 2);
    assert.equal(row.queue_depth, 1);
    assert.deepEqual(
      row.held_by.map(({ holder }) => holder).sort(),
      ["job 41", "job 42"],
    );
    leave.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);

    const before = (await rows()).get("database")!;
    for (let i = 0; i < 5; i++) await system.json("/api/jobs");
    const after = (await rows()).get("database")!;
    assert.equal(after.limit, engine === "PostgreSQL" ? 3 : 1);
    assert.ok(
      after.completed >= before.completed + 5,
      `${before.completed}, then ${after.completed}`,
    );

    const metrics = await (await system.fetch("/metrics")).text();
    assert.match(
      metrics,
      /loophound_pool_concurrent\{pool="discogs",kind="semaphore"\} 2/,
    );
    assert.match(metrics, /loophound_pool_limit\{pool="roon",[^}]*\} 1/);
    assert.match(
      metrics,
      /loophound_pool_wait_seconds\{pool="database",[^}]*quantile="0.99"\}/,
    );
  },
  { env: { LIMITS: "discogs=2, roon=1", DATABASE_POOL: "3" } },
);
