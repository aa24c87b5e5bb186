import assert from "node:assert/strict";
import { PgBoss } from "pg-boss";
import type { Check } from "./_engine_fixture.ts";

/** That pg-boss works through an engine, the embedded one's thread included. */
export const jobsContract: Record<string, Check> = {
  async "executeSql() carries pg-boss"({ engine }) {
    const errors: Error[] = [];
    const boss = new PgBoss({
      db: { executeSql: (text, values) => engine.executeSql(text, values) },
      backend: engine.kind,
    });
    boss.on("error", (error) => errors.push(error));
    await boss.start();
    await boss.createQueue("echo", { retryLimit: 1 });
    const seen: unknown[] = [];
    const { promise: done, resolve } = Promise.withResolvers<void>();
    await boss.work<{ n: number }>(
      "echo",
      { pollingIntervalSeconds: 0.5 },
      ([job]) => {
        seen.push(job?.data);
        // The first attempt at the second job fails: it is tried again.
        if (seen.length === 2) throw new Error("again");
        if (seen.length === 3) resolve();
        return Promise.resolve();
      },
    );
    const first = await boss.send("echo", { n: 1 });
    const second = await boss.send("echo", { n: 2 }, { retryDelay: 0 });
    await done;
    assert.deepEqual(seen, [{ n: 1 }, { n: 2 }, { n: 2 }]);
    await boss.stop({ graceful: true, timeout: 5_000 });
    const states = await Promise.all(
      [first, second].map((id) => boss.getJobById("echo", id!)),
    );
    assert.deepEqual(states.map((job) => job?.state), [
      "completed",
      "completed",
    ]);
    assert.ok(states[1]?.createdOn instanceof Date);
    assert.deepEqual(errors, []);
  },
};
