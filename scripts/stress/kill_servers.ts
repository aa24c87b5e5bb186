/**
 * `deno run -A scripts/stress/kill_servers.ts [jobs] [servers]`: 1,000 jobs on
 * three servers, each killed at random moments until all is done, unless told
 * otherwise.
 */
import { killServers } from "../../tests/helpers/kill_servers.ts";
import { startPostgres } from "../../tests/helpers/postgres.ts";

await using postgres = await startPostgres({ max_connections: "100" });
console.log(
  await killServers({
    databaseUrl: await postgres.createDatabase(),
    jobs: Number(Deno.args[0] ?? 1_000),
    servers: Number(Deno.args[1] ?? 3),
    everyMs: 3_000,
    withinMs: 1_800_000,
    onProgress: (line) => console.log(line),
  }),
);
