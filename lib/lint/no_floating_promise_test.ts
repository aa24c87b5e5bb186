import { testRule } from "./_test_lint.ts";

testRule("no-floating-promise", {
  reported: {
    "an async function of the file": [
      `async function save() { await x(); } export function f() { save(); }`,
      "save",
    ],
    "an async arrow function": [
      `const save = async () => { await x(); }; app.get("/a", (c) => { save(); });`,
      "save",
    ],
    "a function typed to give a promise": [
      `function save(): Promise<void> { return x(); } export function f() { save(); }`,
      "save",
    ],
    "an own method": [
      `class A { async #save() { await x(); } static async all() { await x(); } m() { this.#save(); A.all(); } }`,
      "this.#save",
      "A.all",
    ],
    "an instance's method": [
      `class A { async save() { await x(); } } const a = new A(); export function f() { a.save(); }`,
      "a.save",
    ],
    "fetch": [
      `export async function f() { fetch("/a", { method: "POST" }); }`,
      "fetch",
    ],
    "Deno's own": [
      `export async function f() { Deno.writeTextFile("a", "b"); Deno.remove("a"); }`,
      "Deno.writeTextFile",
      "Deno.remove",
    ],
    "node:fs/promises": [
      `import { rm } from "node:fs/promises"; import fs from "node:fs"; export function f() { rm("a"); fs.promises.rm("b"); }`,
      "rm",
      "fs.promises.rm",
    ],
    "node:timers/promises": [
      `import { setTimeout } from "node:timers/promises"; export async function f() { setTimeout(9); }`,
      "setTimeout",
    ],
    "the statics of Promise": [
      `export function f(xs) { Promise.all(xs); Promise.reject(new Error()); }`,
      "Promise.all",
      "Promise.reject",
    ],
    "new Promise": [
      `export function f() { new Promise((resolve) => resolve()); }`,
      "new Promise((resolve) => resolve())",
    ],
    "import()": [
      `export function f() { import("./a.ts"); }`,
      `import("./a.ts")`,
    ],
    "then without catch": [
      `export function f() { fetch("/a").then((r) => r.json()).finally(() => x()); }`,
      "fetch",
    ],
    "conditions": [
      `async function save() { await x(); } export function f(y) { y && save(); y ? save() : 0; y ?? save(), 1; }`,
      "save",
      "save",
      "save",
    ],
    "forEach": [
      `export function f(xs) { xs.forEach(async (x) => { await g(x); }); }`,
      "xs.forEach",
    ],
    "forEach by name": [
      `async function save(x) { await g(x); } export function f(xs) { xs.forEach(save); }`,
      "xs.forEach",
    ],
    "an async function called at once": [
      `export function f() { (async () => { await x(); })(); }`,
      "async () => { await x(); }",
    ],
    "top level": [`async function main() { await x(); } main();`, "main"],
  },
  innocent: {
    "await, return and void":
      `async function save() { await x(); } export async function f() { await save(); void save(); return save(); }`,
    "a concise body":
      `async function save() { await x(); } export const f = () => save();`,
    "catch":
      `export function f() { fetch("/a").catch(log); fetch("/a").then(g, log); fetch("/a").then(g).catch(log).finally(x); }`,
    "a variable or an argument":
      `export function f() { const p = fetch("/a"); list.push(fetch("/b")); all = [fetch("/c")]; this.p = fetch("/d"); }`,
    "what is not known":
      `import { save } from "./x.ts"; export function f() { save(); x.load(); client.query("x").then(g); }`,
    "sync functions":
      `function save() {} export function f() { save(); Deno.writeTextFileSync("a", "b"); }`,
    "generators":
      `async function* lines() { yield await x(); } export function f() { lines(); }`,
    "what catches all itself":
      `async function watch() { try { await x(); } catch (error) { log(error); } } export function f() { watch(); }`,
    "forEach that catches":
      `export function f(xs) { xs.forEach(async (x) => { try { await g(x); } catch (e) { log(e); } }); }`,
    "callbacks of others":
      `setTimeout(async () => { await x(); }); app.get("/a", async (c) => { await x(); }); xs.map(async (x) => await g(x));`,
    "a shadowed name":
      `import { fetch } from "./own.ts"; export function f(Deno) { fetch("/a"); Deno.remove("b"); }`,
    "Deno's iterators and servers":
      `export function f() { Deno.serve(() => new Response()); Deno.readDir("a"); }`,
  },
});
