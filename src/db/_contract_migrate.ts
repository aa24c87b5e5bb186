import assert from "node:assert/strict";
import type { Check } from "./_engine_fixture.ts";
import { coreMigrations } from "./core_migrations.ts";
import { openEngine } from "./engine.ts";
import { migrate, MigrationError } from "./migrate.ts";

const collections = [{
  name: "birds",
  migrations: [
    {
      name: "0001_birds",
      sql: "create table bird (name text); insert into bird values ('owl')",
    },
    // Fails when it runs twice.
    { name: "0002_wings", sql: "alter table bird add column wings int" },
  ],
}];

const all = ["core/0001_source_state", "birds/0001_birds", "birds/0002_wings"];

/** How a schema is brought up to date on every engine; in this order. */
export const migrateContract: Record<string, Check> = {
  async "migrate() runs each migration once, two of it at once too"(test) {
    const { engine } = test;
    const second = engine.kind === "postgres"
      ? await openEngine({
        dataDir: test.dataDir,
        databaseUrl: test.url,
        pool: test.pool,
      })
      : undefined;
    const results = await Promise.all([
      migrate(engine, { core: coreMigrations, collections }),
      migrate(second ?? engine, { core: coreMigrations, collections }),
    ]);
    await second?.close();
    assert.deepEqual(results.flatMap(({ applied }) => applied), all);
    assert.deepEqual(
      (await engine.executeSql("select name, wings from bird")).rows,
      [{ name: "owl", wings: null }],
    );
  },

  async "migrate() changes nothing again, and tells what it does not know"(
    { engine },
  ) {
    assert.deepEqual(
      await migrate(engine, { core: coreMigrations, collections: [] }),
      { applied: [], unknown: all.slice(1) },
    );
  },

  async "migrate() leaves nothing of a migration that fails"({ engine }) {
    await assert.rejects(
      migrate(engine, {
        core: coreMigrations,
        collections: [...collections, {
          name: "fish",
          migrations: [{
            name: "0001_fish",
            sql: "create table fish (id int); select 1/0",
          }],
        }],
      }),
      (error) =>
        error instanceof MigrationError &&
        error.migration === "fish/0001_fish" &&
        /division by zero/.test(error.message),
    );
    assert.deepEqual(
      (await engine.executeSql("select to_regclass('fish') as fish")).rows,
      [{ fish: null }],
    );
  },
};
