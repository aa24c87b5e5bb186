import assert from "node:assert/strict";
import { createAnswerCache } from "./answer_cache.ts";

Deno.test("createAnswerCache() answers the second time from memory", async () => {
  const cache = createAnswerCache({ entries: 10 });
  let fetched = 0;
  const fetch = () => Promise.resolve(`answer ${++fetched}`);
  assert.equal(await cache.getOrFetch("a", fetch), "answer 1");
  assert.equal(await cache.getOrFetch("a", fetch), "answer 1");
  assert.deepEqual([cache.stats().hits, cache.stats().misses], [1, 1]);
});

Deno.test("createAnswerCache() shares one fetch between concurrent callers", async () => {
  const cache = createAnswerCache({ entries: 10 });
  let fetched = 0;
  const gate = Promise.withResolvers<void>();
  const fetch = async () => {
    fetched++;
    await gate.promise;
    return "answer";
  };
  const all = Promise.all([1, 2, 3].map(() => cache.getOrFetch("a", fetch)));
  gate.resolve();
  assert.deepEqual(await all, ["answer", "answer", "answer"]);
  assert.equal(fetched, 1);
});

Deno.test("createAnswerCache() keeps no answer fetched before it was cleared", async () => {
  const cache = createAnswerCache({ entries: 10 });
  const gate = Promise.withResolvers<void>();
  const old = cache.getOrFetch("a", async () => {
    await gate.promise;
    return "old";
  });
  cache.clear();
  gate.resolve();
  assert.equal(await old, "old");
  assert.equal(
    await cache.getOrFetch("a", () => Promise.resolve("new")),
    "new",
  );
});

Deno.test("createAnswerCache() with 0 entries fetches every time", async () => {
  const cache = createAnswerCache({ entries: 0 });
  let fetched = 0;
  for (let i = 0; i < 3; i++) {
    await cache.getOrFetch("a", () => Promise.resolve(String(++fetched)));
  }
  assert.equal(fetched, 3);
});

Deno.test("createAnswerCache() does not keep what is not there", async () => {
  const cache = createAnswerCache({ entries: 10 });
  assert.equal(
    await cache.getOrFetch("a", () => Promise.resolve(undefined)),
    undefined,
  );
  assert.equal(await cache.getOrFetch("a", () => Promise.resolve("x")), "x");
});

Deno.test("createAnswerCache() fetches a fresh answer past what it has and what is under way", async () => {
  const cache = createAnswerCache({ entries: 10 });
  const gate = Promise.withResolvers<void>();
  const slow = cache.getOrFetch("a", async () => {
    await gate.promise;
    return "old";
  });
  const fresh = (answer: string) =>
    cache.getOrFetch("a", () => Promise.resolve(answer), { fresh: true });
  assert.equal(await fresh("new"), "new");
  assert.equal(await fresh("newer"), "newer");
  gate.resolve();
  assert.equal(await slow, "old");
  // The old one came last and is not kept.
  const never = () => Promise.reject(new Error("it is there"));
  assert.equal(await cache.getOrFetch("a", never), "newer");
});
