/**
 * `deno run -A scripts/stress/kill.ts [rounds]`: kills a server in the middle
 * of loads, ten times on each engine unless told otherwise.
 */
import { killRounds } from "../../tests/helpers/kill_rounds.ts";
import { startPostgres } from "../../tests/helpers/postgres.ts";

const rounds = Number(Deno.args[0] ?? 10);
console.log("PGlite");
console.log(
  (await killRounds({ rounds, rows: 200_000, env: {} })).join("\n"),
);
await using postgres = await startPostgres();
console.log("PostgreSQL");
console.log(
  (await killRounds({
    rounds,
    rows: 500_000,
    env: { DATABASE_URL: await postgres.createDatabase() },
  })).join("\n"),
);
