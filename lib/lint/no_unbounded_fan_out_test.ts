import { lint, testRule } from "./_test_lint.ts";
import assert from "node:assert/strict";

const ALL = "Promise.all";

testRule("no-unbounded-fan-out", {
  reported: {
    "a mapped parameter": [
      `async function f(ids) { return await Promise.all(ids.map((id) => load(id))); }`,
      ALL,
    ],
    "a mapped answer": [
      `async function f() { const rows = await query(); await Promise.all(rows.map(async (row) => { await save(row); })); }`,
      ALL,
    ],
    "allSettled, any and race": [
      `async function f(ids) { await Promise.allSettled(ids.map(load)); await Promise.any(ids.map(load)); await Promise.race(ids.map(load)); }`,
      "Promise.allSettled",
      "Promise.any",
      "Promise.race",
    ],
    "globalThis.Promise": [
      `async function f(ids) { await globalThis.Promise.all(ids.map(load)); }`,
      "globalThis.Promise.all",
    ],
    "a filtered and sorted list": [
      `async function f(ids) { await Promise.all(ids.filter(Boolean).toSorted().map(load)); }`,
      ALL,
    ],
    "a variable": [
      `async function f(ids) { const all = ids.map((id) => load(id)); await Promise.all(all); }`,
      ALL,
    ],
    "a spread list": [
      `async function f(ids) { await Promise.all([first(), ...ids.map(load)]); }`,
      ALL,
    ],
    "promises pushed in a loop": [
      `async function f(ids) { const all = []; for (const id of ids) all.push(load(id)); await Promise.all(all); }`,
      ALL,
    ],
    "Array.from with a mapper": [
      `async function f(ids) { await Promise.all(Array.from(ids, (id) => load(id))); }`,
      ALL,
    ],
    "Array.from of many": [
      `async function f() { await Promise.all(Array.from({ length: 10_000 }, (_, i) => load(i))); }`,
      ALL,
    ],
    "Array.from of a length": [
      `async function f(ids) { await Promise.all(Array.from({ length: ids.length }, (_, i) => load(i))); }`,
      ALL,
    ],
    "the values of an object": [
      `async function f(byId) { await Promise.all(Object.values(byId).map((x) => load(x))); }`,
      ALL,
    ],
    "a list that is added to": [
      `const urls = ["a"]; export const add = (url) => urls.push(url);
       export async function f() { await Promise.all(urls.map((url) => fetch(url))); }`,
      ALL,
    ],
    "deleting files": [
      `async function f(paths) { await Promise.all(paths.map((path) => Deno.remove(path))); }`,
      ALL,
    ],
  },
  innocent: {
    "a list written out":
      `async function f() { await Promise.all([a(), b()]); }`,
    "a mapped list written out":
      `async function f() { await Promise.all(["a", "b"].map((x) => load(x))); }`,
    "a constant list":
      `const urls = ["a", "b"] as const; async function f() { await Promise.all(urls.map(load)); }`,
    "a constant by its name":
      `import { SOURCES } from "./x.ts"; async function f() { await Promise.all(SOURCES.map(load)); }`,
    "a constant object":
      `const parts = { a: 1, b: 2 }; async function f() { await Promise.all(Object.entries(parts).map(load)); }`,
    "a few":
      `async function f() { await Promise.all(Array.from({ length: 8 }, () => load())); }`,
    "as many as somebody chose":
      `async function f(workers) { await Promise.all(Array.from({ length: workers }, worker)); await Promise.all(new Array(4).fill(0).map(worker)); }`,
    "a slice":
      `async function f(ids) { for (let i = 0; i < ids.length; i += 10) await Promise.all(ids.slice(i, i + 10).map(load)); }`,
    "a taken part":
      `async function f(ids) { await Promise.all(ids.splice(0, 10).map(load)); await Promise.all(ids.slice(-3).map(load)); }`,
    "a batch":
      `async function f(ids) { for (const part of inBatches(ids, 10)) await Promise.all(part.map(load)); for (const batch of x) await Promise.all(batch.map(load)); }`,
    "p-limit":
      `import pLimit from "p-limit"; const limit = pLimit(4); async function f(ids) { await Promise.all(ids.map((id) => limit(() => load(id)))); }`,
    "a semaphore":
      `async function f(ids) { await Promise.all(ids.map(async (id) => { using _ = await semaphore.acquire(); return await load(id); })); }`,
    "a pool":
      `async function f(ids, pool) { await Promise.all(ids.map((id) => pool.run(task, id))); }`,
    "a queue pushed to in a loop":
      `async function f(ids) { const all = []; for (const id of ids) all.push(queue.add(() => load(id))); await Promise.all(all); }`,
    "a limited function":
      `async function f(ids) { await Promise.all(ids.map(throttled(load))); await Promise.all(ids.map(limitedLoad)); }`,
    "a mapper of the file that is limited":
      `async function one(id) { return await limiter.run(() => load(id)); } async function f(ids) { await Promise.all(ids.map(one)); }`,
    "closing what is open":
      `async function f(threads) { await Promise.all(threads.map((t) => t.terminate())); await Promise.allSettled(threads.map((t) => t[Symbol.asyncDispose]())); }`,
    "releasing by a function":
      `async function f(ids) { await Promise.allSettled(ids.map((id) => releaseAddress(engine, id))); }`,
    "waiting for what was started elsewhere":
      `async function f(jobs) { await Promise.all(jobs.map((job) => job.done)); await Promise.all(jobs.map((p) => p.catch(() => null))); await Promise.all(jobs.map(async (p) => await p)); }`,
    "promises given from outside":
      `async function f(promises) { await Promise.all(promises); }`,
    "modules of the program":
      `async function f(urls) { await Promise.all(urls.map((url) => import(url))); }`,
    "a Promise of one's own":
      `import Promise from "bluebird"; async function f(ids) { await Promise.all(ids.map(load)); }`,
    "a mapping that is not gathered":
      `function f(ids) { return ids.map((id) => load(id)); }`,
  },
});

Deno.test("no-unbounded-fan-out leaves tests alone", () => {
  const source = `await Promise.all(ids.map((id) => load(id)));`;
  assert.equal(lint("no-unbounded-fan-out", source).length, 1);
  assert.equal(
    lint("no-unbounded-fan-out", source, "/app/x_test.ts").length,
    0,
  );
});
