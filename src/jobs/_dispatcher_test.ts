import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { startDispatcher } from "./_dispatcher.ts";

function setUp({ concurrency = 2, pollMs = 60_000 } = {}) {
  const queue: string[] = [];
  const started: string[] = [];
  const errors: unknown[] = [];
  const requests: unknown[] = [];
  const request = new AsyncLocalStorage<string>();
  const ends = new Map<string, () => void>();
  let mostAtOnce = 0;
  let failing = false;
  let refused = 0;
  const dispatcher = startDispatcher<string>({
    concurrency,
    pollMs,
    take(limit) {
      if (failing) return Promise.reject(new Error("away"));
      // "?": seen, but another server was quicker.
      const items = queue.splice(0, limit);
      const mine = items.filter((item) => item !== "?");
      refused += items.length - mine.length;
      return Promise.resolve({ items: mine, more: items.length > 0 });
    },
    async run(id) {
      started.push(id);
      requests.push(request.getStore());
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
    request,
    requests,
    ends,
    dispatcher,
    settle,
    mostAtOnce: () => mostAtOnce,
    refused: () => refused,
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

Deno.test("startDispatcher() goes on when others were quicker", async () => {
  const { queue, started, ends, dispatcher, settle, refused } = setUp();
  await settle();
  queue.push("?", "?", "?", "?", "?", "a", "?", "b");
  dispatcher.nudge();
  await settle();
  assert.deepEqual(started, ["a", "b"]);
  assert.equal(refused(), 6);
  for (const end of ends.values()) end();
  await dispatcher.idle(60_000);
  await dispatcher.stop();
});

Deno.test("startDispatcher() knows when all is drained, or is told not to wait", async () => {
  const { queue, started, ends, dispatcher, settle } = setUp();
  queue.push("a", "b", "c");
  dispatcher.nudge();
  let drained = 0;
  const waiting = dispatcher.drained(new AbortController().signal)
    .then(() => drained++);
  const stop = new AbortController();
  const given = dispatcher.drained(stop.signal);
  stop.abort();
  await given;
  for (const id of ["a", "b", "c"]) {
    while (!ends.has(id)) await settle();
    assert.equal(drained, 0);
    ends.get(id)?.();
  }
  await waiting;
  assert.deepEqual(started, ["a", "b", "c"]);
  await dispatcher.stop();
});

Deno.test("startDispatcher() runs nothing in the context of who has nudged it", async () => {
  const { queue, ends, dispatcher, settle, request, requests } = setUp({
    concurrency: 1,
  });
  await settle();
  queue.push("a", "b", "c");
  request.run("POST /api/jobs", () => {
    dispatcher.nudge();
    dispatcher.nudgeIn(1);
  });
  for (const id of ["a", "b", "c"]) {
    while (!ends.has(id)) await settle();
    request.run("DELETE /api/jobs/:id", () => ends.get(id)?.());
  }
  await dispatcher.drained(new AbortController().signal);
  assert.deepEqual(requests, [undefined, undefined, undefined]);
  await dispatcher.stop();
});
