/** Servers killed at random moments lose no job and do none twice. */
import assert from "node:assert/strict";
import { killServers } from "./helpers/kill_servers.ts";
import { startPostgres } from "./helpers/postgres.ts";

Deno.test("jobs survive servers that are killed at random, on PostgreSQL", async () => {
  await using postgres = await startPostgres();
  const result = await killServers({
    databaseUrl: await postgres.createDatabase(),
    jobs: 100,
    servers: 3,
    everyMs: 3_000,
    withinMs: 300_000,
  });
  console.log(JSON.stringify(result));
  assert.ok(result.kills >= 1);
});
