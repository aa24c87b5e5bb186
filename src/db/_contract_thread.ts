import assert from "node:assert/strict";
import { defineTask } from "@loophound/toolkit/offload";
import type { Check } from "./_engine_fixture.ts";
import { connect } from "./connect.ts";
import type { DatabaseAddress } from "./types.ts";

/** Uses the database from a thread; with `hang` it then never ends. */
export const useDatabase = defineTask({
  name: "use_database",
  module: import.meta.url,
  threadClass: "query",
  async run(
    input: { db: DatabaseAddress; hang: boolean },
    context,
  ): Promise<{ rows: number }> {
    await using connection = await connect(input.db);
    await using _lock = await connection.lock("of a thread");
    await connection.batch([{
      sql: "insert into item values ($1, $2)",
      params: [1, "from a thread"],
    }]);
    const { rows } = await connection.query("select * from item");
    await connection.query("delete from item");
    context.progress("locked");
    while (input.hang);
    return { rows: rows.length };
  },
});

/** That threads reach every engine, and take nothing with them. */
export const threadContract: Record<string, Check> = {
  async "connect() works in a thread"({ engine, pool }) {
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(
        await pool.run(useDatabase, {
          db: engine.address("thread"),
          hang: false,
        }),
        { rows: 1 },
      );
    }
  },

  async "connect() leaves no lock behind when its thread is killed"(
    { engine, pool },
  ) {
    const controller = new AbortController();
    await assert.rejects(
      pool.run(useDatabase, { db: engine.address("thread"), hang: true }, {
        signal: controller.signal,
        onProgress: () => controller.abort(new Error("killed")),
      }),
      /killed/,
    );
    await using connection = await engine.connect("after");
    const lock = await connection.lock("of a thread", {
      signal: AbortSignal.timeout(20_000),
    });
    await lock[Symbol.asyncDispose]();
  },
};
