/** A server killed in the middle of a load leaves the old data or the new. */
import { killRounds } from "./helpers/kill_rounds.ts";
import { startPostgres } from "./helpers/postgres.ts";

Deno.test("kill -9 in the middle of a load leaves no mixture on PGlite", async () => {
  const told = await killRounds({ rounds: 3, rows: 60_000, env: {} });
  console.log(told.join("\n"));
});

Deno.test("kill -9 in the middle of a load leaves no mixture on PostgreSQL", async () => {
  await using postgres = await startPostgres();
  const told = await killRounds({
    rounds: 3,
    rows: 120_000,
    env: { DATABASE_URL: await postgres.createDatabase() },
  });
  console.log(told.join("\n"));
});
