/**
 * Applies the migrations that a server database lacks, and ends: run it
 * before the new version takes over. Needs `DATABASE_URL`.
 */
import { createThreadPool } from "@loophound/toolkit/offload";
import { collections } from "../src/collections/mod.ts";
import { readConfig } from "../src/config.ts";
import { coreMigrations } from "../src/db/core_migrations.ts";
import { openEngine } from "../src/db/engine.ts";
import { migrate } from "../src/db/migrate.ts";
import { jobMigrations } from "../src/jobs/migrations.ts";

const config = readConfig(Deno.env.toObject());
if (config.databaseUrl === undefined) {
  console.error(
    "Cannot migrate: set DATABASE_URL to a PostgreSQL server (the embedded database migrates when it starts)",
  );
  Deno.exit(1);
}
await using pool = await createThreadPool({ classes: {}, kind: "inline" });
await using engine = await openEngine({
  databaseUrl: config.databaseUrl,
  databasePool: 1,
  dataDir: config.dataDir,
  pool,
});
const { applied, unknown } = await migrate(engine, {
  core: [...coreMigrations, ...jobMigrations],
  collections,
});
console.log(
  applied.length === 0 ? "Nothing to apply" : `Applied ${applied.join(", ")}`,
);
if (unknown.length > 0) {
  console.log(`Applied by another version: ${unknown.join(", ")}`);
}
