import assert from "node:assert/strict";
import { startDispatcher } from "./_dispatcher.ts";

function setUp({ concurrency = 2, pollMs = 60_000 } = {}) {
  const queue: string[] = [];
  const started: string[] = [];
  const errors: unknown[] = [];
  const ends = new Map<string, () => void>();
  let mostAtOnce = 0;
  let failing = false;
  const dispatcher = startDispatcher({
    concurrency,
    pollMs,
    take(limit) {
      if (failing) return Promise.reject(new Error("away"));
      return Promise.resolve(queue.splice(0, limit));
    },
    async run(id) {
      started.push(id);
      const { promise, resolve } = Promise.withResolvers<void>();
      ends.set(id, resolve);
      mostAtOnce = Math.max(mostAtOnce, ends.size);
      await promise;
      ends.delete(id);
    },
    onError: (error) => errors.push(error),
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  return {
    queue,
    started,
    errors,
    ends,
    dispatcher,
    settle,
    mostAtOnce: () => mostAtOnce,
    fail: (now: boolean) => failing = now,
  };
}

Deno.test("startDispatcher() fills its slots and no more, and refills them", async () => {
  const { queue, started, ends, dispatcher, settle, mostAtOnce } = setUp();
  queue.push("a", "b", "c", "d", "e");
  dispatcher.nudge();
  await settle();
  assert.deepEqual(started, ["a", "b"]);
  for (const id of ["a", "b", "c", "d", "e"]) {
    ends.get(id)?.();
    await settle();
  }
  assert.deepEqual(started, ["a", "b", "c", "d", "e"]);
  assert.equal(mostAtOnce(), 2);
  await dispatcher.idle(0);
  await dispatcher.stop();
});

Deno.test("startDispatcher() takes notice of what is queued while it looks", async () => {
  const { queue, started, ends, dispatcher, settle } = setUp();
  await settle();
  dispatcher.nudge();
  queue.push("a");
  dispatcher.nudge();
  await settle();
  assert.deepEqual(started, ["a"]);
  ends.get("a")?.();
  await dispatcher.idle(60_000);
  await dispatcher.stop();
});

Deno.test("startDispatcher() looks again after an error, later, and by itself", async () => {
  const { queue, started, errors, ends, dispatcher, settle, fail } = setUp({
    pollMs: 20,
  });
  fail(true);
  dispatcher.nudge();
  await settle();
  assert.ok(errors.length > 0);
  fail(false);
  queue.push("a");
  while (started.length < 1) await settle();
  queue.push("b");
  dispatcher.nudgeIn(1);
  while (started.length < 2) await settle();
  for (const end of ends.values()) end();
  await dispatcher.idle(60_000);
  await dispatcher.stop();
});

Deno.test("startDispatcher() starts nothing once stopped", async () => {
  const { queue, started, ends, dispatcher, settle } = setUp();
  queue.push("a");
  dispatcher.nudge();
  await settle();
  dispatcher.nudgeIn(1);
  await dispatcher.stop();
  queue.push("b");
  dispatcher.nudge();
  dispatcher.nudgeIn(1);
  // Does not wait for ever for what does not end.
  await dispatcher.idle(1);
  ends.get("a")?.();
  await settle();
  assert.deepEqual(started, ["a"]);
});
