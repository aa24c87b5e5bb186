import { deepEqual, equal, ok } from "node:assert/strict";
import { startPostgres } from "./helpers/postgres.ts";
import { socketsUnderLoad } from "./helpers/sockets.ts";
import { ENGINES } from "./helpers/system.ts";

for (const engine of ENGINES) {
  Deno.test(`/api/progress/ws keeps 50 sockets through a load and heavy queries on ${engine}`, async () => {
    await using postgres = engine === "PostgreSQL"
      ? await startPostgres()
      : undefined;
    const figures = await socketsUnderLoad({
      sockets: 50,
      rows: 50_000,
      genes: 2_000,
      heavyQueries: 8,
      env: postgres === undefined
        ? {}
        : { DATABASE_URL: await postgres.createDatabase() },
    });
    deepEqual(figures.drops, []);
    deepEqual(figures.lastStatus, { completed: 50 });
    ok(figures.rows >= 50_000);
    // All are told the same; at least that it was queued, began and ended.
    equal(figures.fewest, figures.most);
    ok(figures.fewest >= 5, `${figures.fewest} messages`);
  });
}
