import { testRule } from "./_test_lint.ts";

testRule("no-await-between-read-and-write", {
  reported: {
    "a sum": [
      `let n = 0; export async function f() { n = n + await g(); }`,
      "n",
    ],
    "a compound assignment": [
      `let n = 0; export async function f() { n += await g(); }`,
      "n",
    ],
    "a field": [
      `class A { #n = 0; async m() { this.#n += await g(); this.k = this.k + (await g()).k; } }`,
      "this.#n",
      "this.k",
    ],
    "a property of an outer object": [
      `const state = { total: 0 }; export async function f() { state.total += await g(); }`,
      "state.total",
    ],
    "a value awaited with": [
      `let state; export async function f(x) { state = await reduce(state, x); }`,
      "state",
    ],
    "a copy": [
      `let n = 0; export async function f() { const old = n; await g(); n = old + 1; }`,
      "n",
    ],
    "a copy of a copy": [
      `let n = 0; export async function f() { const old = n; const next = old + 1; await g(next); n = next; }`,
      "n",
    ],
    "a copy of a field": [
      `class A { async m() { const n = this.n; await g(); this.n = n + 1; } }`,
      "this.n",
    ],
    "a field taken apart": [
      `class A { async m() { const { n } = this.state; const x = this.state.n; await g(); this.state.n = x + 1; } }`,
      "this.state.n",
    ],
    "for await between": [
      `let n = 0; export async function f(xs) { const old = n; for await (const x of xs) g(x); n = old + 1; }`,
      "n",
    ],
    "a total of tasks": [
      `export async function f(xs) { let total = 0; await Promise.all(xs.map(async (x) => { total += await g(x); })); return total; }`,
      "total",
    ],
    "an arrow function": [
      `let n = 0; app.get("/a", async (c) => { n = n + await g(); return c.json(n); });`,
      "n",
    ],
  },
  innocent: {
    "reading after the await":
      `let n = 0; export async function f() { n = (await g()) + n; const x = await g(); n = n + x; n += x; }`,
    "counting without an await":
      `let n = 0; export async function f() { n += 1; await g(); n -= 1; n = n + 1; }`,
    "a variable of its own":
      `export async function f(xs) { let n = 0; for (const x of xs) n += await g(x); const o = { n: 0 }; o.n += await g(); return n; }`,
    "a value that was not read":
      `let cached = null; export async function f() { cached = await g(); const x = await g(); cached = x; }`,
    "filling what is empty":
      `let cached = null; export async function f() { if (cached === null) cached = await g(); cached ??= await g(); cached ||= await g(); return cached; }`,
    "a lock around":
      `let n = 0; export const f = () => lock.run(async () => { n += await g(); }); export const h = () => mutex.runExclusive(async () => { const old = n; await g(); n = old + 1; });`,
    "a lock that was taken":
      `let n = 0; export async function f() { using _ = await mutex.acquire(); n += await g(); }`,
    "web locks":
      `let n = 0; export const f = () => navigator.locks.request("n", async () => { n += await g(); });`,
    "looking again":
      `let n = 0; export async function f() { const old = n; await g(); if (n !== old) return; n = old + 1; }`,
    "putting back":
      `export async function f() { const old = globalThis.fetch; const was = mode; mode = "x"; try { await g(); } finally { mode = was; } } let mode;`,
    "an await on another way":
      `let n = 0; export async function f(x) { const old = n; if (x) { await g(); return; } n = old + 1; }`,
    "an await in the other branch":
      `let n = 0; export async function f(x) { const old = n; if (x) { await g(); } else { n = old + 1; } }`,
    "a method of what is read":
      `class A { async m() { this.page = await this.page.next(); } }`,
    "a constructor and start-up code":
      `let n = 0; async function main() { n += await g(); } await main(); n += await g();`,
    "tests": `let n = 0; Deno.test("x", async () => { n += await g(); });`,
    "a closure that is awaited each time":
      `export async function f(xs) { let sum; const add = async (x) => { sum = await g(sum, x); }; for (const x of xs) await add(x); await add(1); return sum; }`,
    "a function that is not async":
      `let n = 0; export function f() { const old = n; g(); n = old + 1; }`,
  },
});
