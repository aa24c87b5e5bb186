import assert from "node:assert/strict";
import { connectionContract } from "./_contract_connection.ts";
import { heavyContract } from "./_contract_heavy.ts";
import { jobsContract } from "./_contract_jobs.ts";
import { lightContract } from "./_contract_light.ts";
import { migrateContract } from "./_contract_migrate.ts";
import { threadContract } from "./_contract_thread.ts";
import { openTestEngine } from "./_engine_fixture.ts";
import { enginesAlive } from "./engine.ts";

const contract = {
  ...lightContract,
  ...heavyContract,
  ...connectionContract,
  ...threadContract,
  ...migrateContract,
  ...jobsContract,
};

for (const kind of ["pglite", "postgres"] as const) {
  Deno.test(`openEngine() keeps the contract on ${kind}`, async (t) => {
    {
      await using test = await openTestEngine(kind);
      assert.equal(test.engine.kind, kind);
      assert.equal(enginesAlive(), 1);
      await test.engine.executeSql(
        "create table item (id int primary key, name text); create sequence item_seq",
      );
      for (const [name, check] of Object.entries(contract)) {
        await t.step(name, () => check(test));
      }
      await test.engine.close();
    }
    assert.equal(enginesAlive(), 0);
  });
}
