import assert from "node:assert/strict";
import { defineTask, findTask } from "./define_task.ts";

const module = import.meta.url;

Deno.test("defineTask() takes the class short by default", () => {
  const task = defineTask({ name: "plain", module, run: (n: number) => n });
  assert.equal(task.threadClass, "short");
  assert.equal(
    task.run(3, {
      signal: new AbortController().signal,
      progress() {},
    }),
    3,
  );
});

Deno.test("defineTask() refuses what a thread could not find", () => {
  const run = () => {};
  defineTask({ name: "taken", module, run });
  assert.throws(() => defineTask({ name: "taken", module, run }), /already/);
  assert.throws(() => defineTask({ name: "", module, run }), /empty/);
  assert.throws(
    () => defineTask({ name: "x", module: "./x.ts", run }),
    /is not a URL/,
  );
});

Deno.test("findTask() names what it did not find", async () => {
  const task = defineTask({ name: "found", module, run: () => {} });
  assert.equal(await findTask(module, "found"), task);
  await assert.rejects(
    findTask(new URL("./errors.ts", module).href, "found"),
    /Cannot find task "found"/,
  );
});
