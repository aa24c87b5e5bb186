/**
 * `deno run -A scripts/stress/sockets.ts [sockets] [rows]`: 200 WebSockets stay
 * open while a million rows are loaded and eight heavy queries run, on each
 * engine.
 */
import { startPostgres } from "../../tests/helpers/postgres.ts";
import { socketsUnderLoad } from "../../tests/helpers/sockets.ts";

const [sockets = 200, rows = 1_000_000] = Deno.args.map(Number);
const options = { sockets, rows, genes: 20_000, heavyQueries: 8 };
console.log("PGlite", await socketsUnderLoad(options));
await using postgres = await startPostgres();
console.log(
  "PostgreSQL",
  await socketsUnderLoad({
    ...options,
    env: { DATABASE_URL: await postgres.createDatabase() },
  }),
);
