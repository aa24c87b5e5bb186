import assert from "node:assert/strict";
import { getPriority } from "node:os";
import { openThreadPort, startThread, threadsAlive } from "./mod.ts";
import type { StartThreadOptions, ThreadHandle } from "./types.ts";

const entry = new URL("./_thread_test_entry.ts", import.meta.url);

function next(thread: ThreadHandle): Promise<unknown> {
  return new Promise((resolve) => {
    const subscription = thread.onMessage((message) => {
      subscription[Symbol.dispose]();
      resolve(message);
    });
  });
}

for (const kind of ["node", "web"] as const) {
  const options: StartThreadOptions = { name: "test", kind };

  Deno.test(`startThread() (${kind}) loses no early message`, async () => {
    {
      await using thread = startThread(entry, options);
      const answers: unknown[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      thread.onMessage((message) => {
        answers.push(message);
        if (answers.length === 50) resolve();
      });
      for (let i = 0; i < 50; i++) thread.post(i);
      await promise;
      assert.deepEqual(
        answers,
        Array.from({ length: 50 }, (_, i) => ({ echo: i })),
      );
      assert.equal(thread.kind, kind);
      assert.equal(threadsAlive(), 1);
    }
    assert.equal(threadsAlive(), 0);
  });

  Deno.test(`startThread() (${kind}) moves bytes`, async () => {
    await using thread = startThread(entry, options);
    const bytes = new Uint8Array(1000).fill(7);
    thread.post(bytes, [bytes.buffer]);
    assert.equal(bytes.byteLength, 0);
    assert.equal((await next(thread) as Uint8Array).at(-1), 7);
  });

  Deno.test(`startThread() (${kind}) says how the thread ended`, async () => {
    const thrown = startThread(entry, options);
    thrown.post("throw");
    const failure = await thrown.ended;
    assert.equal(failure.reason, "failed");
    assert.ok(failure.error instanceof RangeError);

    const exited = startThread(entry, options);
    exited.post("exit");
    const exit = await exited.ended;
    assert.equal(exit.reason, "exited");
    assert.match(exit.error?.message ?? "", /code 3/);

    const missing = startThread(new URL("./none.ts", import.meta.url), options);
    assert.equal((await missing.ended).reason, "failed");

    const terminated = startThread(entry, options);
    await terminated.terminate();
    await terminated.terminate();
    assert.equal((await terminated.ended).reason, "terminated");
    terminated.post("to no one");
    assert.equal(threadsAlive(), 0);
  });

  Deno.test(`startThread() (${kind}) can be ended at any moment`, async () => {
    await Promise.all(
      Array.from({ length: 8 }, async (_, i) => {
        const thread = startThread(entry, options);
        await new Promise((resolve) => setTimeout(resolve, i * 10));
        await thread.terminate();
        await thread.ended;
      }),
    );
    assert.equal(threadsAlive(), 0);
  });

  Deno.test(`startThread() (${kind}) lowers only the thread's own priority`, async () => {
    await using thread = startThread(entry, { ...options, niceness: 7 });
    thread.post("priority");
    const { priority } = await next(thread) as { priority: number | null };
    // Null: the test runs without --allow-sys, and must run all the same.
    if (priority !== null) {
      assert.equal(priority, 7);
      assert.notEqual(getPriority(), 7);
    }
  });
}

Deno.test("openThreadPort() throws outside of such a thread", () => {
  assert.throws(() => openThreadPort(), ReferenceError);
});
