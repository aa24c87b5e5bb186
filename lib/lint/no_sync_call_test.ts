import assert from "node:assert/strict";
import { lint, testRule } from "./_test_lint.ts";

const D = "Deno.readTextFileSync";

testRule("no-sync-call", {
  reported: {
    "an async function declaration": [`async function f() { ${D}("a"); }`, D],
    "an async function expression": [`x = async function () { ${D}("a"); }`, D],
    "an async arrow function": [`const f = async () => ${D}("a");`, D],
    "an async generator": [`async function* f() { yield ${D}("a"); }`, D],
    "an async class method": [`class A { async m() { ${D}("a"); } }`, D],
    "an async static method": [
      `class A { static async m() { ${D}("a"); } }`,
      D,
    ],
    "an async private method": [`class A { async #m() { ${D}("a"); } }`, D],
    "an async object method": [`const o = { async m() { ${D}("a"); } };`, D],
    "an async class field": [`class A { m = async () => ${D}("a"); }`, D],
    "a function typed to give a promise": [
      `export function f(): Promise<string> { return g(${D}("a")); }`,
      D,
    ],
    "a name in brackets": [
      `async function f() { Deno["readTextFileSync"]("a"); }`,
      `Deno["readTextFileSync"]`,
    ],
    "a constant name in brackets": [
      `const NAME = "readText" + "FileSync"; async function f() { Deno[NAME]("a"); }`,
      "Deno[NAME]",
    ],
    "a template as a name": [
      "async function f() { Deno[`readTextFileSync`]('a'); }",
      "Deno[`readTextFileSync`]",
    ],
    "destructuring of Deno": [
      `const { readTextFileSync } = Deno; async function f() { readTextFileSync("a"); }`,
      "readTextFileSync",
    ],
    "destructuring under another name": [
      `const { readTextFileSync: read } = Deno; async function f() { read("a"); }`,
      "read",
    ],
    "destructuring by assignment": [
      `let read; ({ readTextFileSync: read } = Deno); async function f() { read("a"); }`,
      "read",
    ],
    "an alias of Deno": [
      `const d = Deno; async function f() { d.readTextFileSync("a"); }`,
      "d.readTextFileSync",
    ],
    "globalThis.Deno": [
      `async function f() { globalThis.Deno.readTextFileSync("a"); }`,
      "globalThis.Deno.readTextFileSync",
    ],
    "optional chaining": [
      `async function f() { Deno?.readTextFileSync?.("a"); }`,
      "Deno?.readTextFileSync",
    ],
    "what only the type checker sees": [
      `async function f() { (Deno as any).readTextFileSync!("a"); }`,
      "(Deno as any).readTextFileSync!",
    ],
    "a function kept in an object": [
      `const io = { read: Deno.readTextFileSync }; async function f() { io.read("a"); }`,
      "io.read",
    ],
    "a named import": [
      `import { readFileSync } from "node:fs"; async function f() { readFileSync("a"); }`,
      "readFileSync",
    ],
    "a renamed import": [
      `import { readFileSync as read } from "node:fs"; async function f() { read("a"); }`,
      "read",
    ],
    "a default import": [
      `import fs from "node:fs"; async function f() { fs.readFileSync("a"); }`,
      "fs.readFileSync",
    ],
    "a default import by name": [
      `import { default as fs } from "node:fs"; async function f() { fs.readFileSync("a"); }`,
      "fs.readFileSync",
    ],
    "a namespace import": [
      `import * as fs from "node:fs"; async function f() { fs.default.readFileSync("a"); fs.statSync("a"); }`,
      "fs.default.readFileSync",
      "fs.statSync",
    ],
    "an import without its prefix": [
      `import fs from "fs"; async function f() { fs.readFileSync("a"); }`,
      "fs.readFileSync",
    ],
    "destructuring of an import": [
      `import fs from "node:fs"; const { readFileSync } = fs; async function f() { readFileSync("a"); }`,
      "readFileSync",
    ],
    "import = require": [
      `import fs = require("fs"); async function f() { fs.readFileSync("a"); }`,
      "fs.readFileSync",
    ],
    "require": [
      `const fs = require("fs"); async function f() { fs.readFileSync("a"); }`,
      "fs.readFileSync",
    ],
    "createRequire": [
      `import { createRequire } from "node:module";
       const load = createRequire(import.meta.url);
       const { readFileSync } = load("node:fs");
       async function f() { readFileSync("a"); }`,
      "readFileSync",
    ],
    "process.getBuiltinModule": [
      `const fs = process.getBuiltinModule("fs"); async function f() { fs.readFileSync("a"); }`,
      "fs.readFileSync",
    ],
    "a dynamic import": [
      `async function f() { const fs = await import("node:fs"); fs.readFileSync("a"); }`,
      "fs.readFileSync",
    ],
    "a destructured dynamic import": [
      `async function f() { const { readFileSync } = await import("node:fs"); readFileSync("a"); }`,
      "readFileSync",
    ],
    "a dynamic import used by then": [
      `async function f() { await import("node:fs").then(({ readFileSync }) => readFileSync("a")); }`,
      "readFileSync",
    ],
    "a reference handed on": [
      `import fs from "node:fs"; async function f(paths) { return paths.map(fs.readFileSync); }`,
      "fs.readFileSync",
    ],
    "a bound reference handed on": [
      `async function f(paths) { return paths.map(Deno.readFileSync.bind(Deno)); }`,
      "Deno.readFileSync.bind(Deno)",
    ],
    ".call and .apply": [
      `async function f() { ${D}.call(Deno, "a"); ${D}.apply(Deno, ["a"]); }`,
      D,
      D,
    ],
    "a bound function": [
      `const read = ${D}.bind(Deno); async function f() { read("a"); }`,
      "read",
    ],
    "inner closures": [
      `async function f(paths) { return paths.map((path) => ${D}(path)); }`,
      D,
    ],
    "closures in closures": [
      `async function f(xs) { xs.forEach((x) => { x.forEach(function (p) { ${D}(p); }); }); }`,
      D,
    ],
    "a named function inside": [
      `async function f() { function read() { return ${D}("a"); } return read(); }`,
      D,
    ],
    "FsFile#readSync of an opened file": [
      `async function f(b) { using file = await Deno.open("a"); file.readSync(b); }`,
      "file.readSync",
    ],
    "FsFile#writeSync by type": [
      `async function f(file: Deno.FsFile, b) { file.writeSync(b); }`,
      "file.writeSync",
    ],
    "Deno.stdin.readSync": [
      `async function f(b) { Deno.stdin.readSync(b); }`,
      "Deno.stdin.readSync",
    ],
    "Command#outputSync": [
      `async function f() { new Deno.Command("ls").outputSync(); }`,
      `new Deno.Command("ls").outputSync`,
    ],
    "Command#outputSync of a variable": [
      `const ls = new Deno.Command("ls"); async function f() { ls.outputSync(); }`,
      "ls.outputSync",
    ],
    "node:sqlite": [
      `import { DatabaseSync } from "node:sqlite";
       async function f() { const db = new DatabaseSync("a"); db.exec("x"); db.prepare("y").all(); }`,
      `new DatabaseSync("a")`,
      "db.exec",
      `db.prepare("y").all`,
    ],
    "a database assigned later": [
      `import { DatabaseSync } from "node:sqlite";
       let db = null; db = new DatabaseSync("a");
       async function f() { db.exec("x"); }`,
      "db.exec",
    ],
    "a database in a field": [
      `import sqlite from "node:sqlite";
       class Store { #db = new sqlite.DatabaseSync("a"); async get() { return this.#db.exec("x"); } }`,
      "this.#db.exec",
    ],
    "a database that a constructor assigns": [
      `import { DatabaseSync, type StatementSync } from "node:sqlite";
       class Store { constructor() { this.db = new DatabaseSync("a"); } async get() { this.db.exec("x"); } }
       class Typed { constructor(private get: StatementSync) {} async m() { this.get.all(); } }`,
      "this.db.exec",
      "this.get.all",
    ],
    "a database that a function gives": [
      `import type { DatabaseSync } from "node:sqlite";
       declare const x: any; function open(): DatabaseSync { return x; }
       async function f() { open().exec("x"); }`,
      "open().exec",
    ],
    "child processes": [
      `import { execSync } from "node:child_process"; async function f() { execSync("ls"); }`,
      "execSync",
    ],
    "Atomics.wait": [
      `async function f(a) { Atomics.wait(a, 0, 0); }`,
      "Atomics.wait",
    ],
    "prompts": [
      `async function f() { if (confirm("?")) alert("!"); }`,
      "confirm",
      "alert",
    ],
    "zlib": [
      `import { gzipSync } from "node:zlib"; async function f(bytes) { return gzipSync(bytes); }`,
      "gzipSync",
    ],
    "localStorage": [
      `async function f() { localStorage.setItem("a", "b"); }`,
      "localStorage.setItem",
    ],
    "a handler of Hono": [`app.get("/a", (c) => c.text(${D}("a")));`, D],
    "a handler by name": [
      `app.get("/a", show); function show(c) { return c.text(${D}("a")); }`,
      D,
    ],
    "a handler under a constant path": [
      `const PATH = "/a"; app.post(PATH, validate, (c) => ${D}("a"));`,
      D,
    ],
    "a handler of a typed app": [
      `import { Hono } from "hono"; const app = new Hono(); app.get(paths.a, (c) => ${D}("a"));`,
      D,
    ],
    "middleware": [`app.use((c, next) => { ${D}("a"); return next(); });`, D],
    "a handler of Deno.serve": [
      `Deno.serve((request) => new Response(${D}("a")));`,
      D,
    ],
    "a handler in options": [
      `Deno.serve({ port: 1, handler: () => new Response(${D}("a")) });`,
      D,
    ],
    "the default export's fetch": [
      `export default { fetch() { return new Response(${D}("a")); } };`,
      D,
    ],
    "event listeners": [`addEventListener("x", () => ${D}("a"));`, D],
    "event emitters": [`server.on("request", () => ${D}("a"));`, D],
    "event properties": [`socket.onmessage = (event) => { ${D}("a"); };`, D],
    "timers": [
      `setTimeout(() => ${D}("a")); setInterval(() => ${D}("b"), 9); queueMicrotask(() => ${D}("c"));`,
      D,
      D,
      D,
    ],
    "a reference given to a timer": [
      `async function f() { setTimeout(Deno.removeSync, 9, "a"); }`,
      "Deno.removeSync",
    ],
    "stream callbacks": [
      `new ReadableStream({ pull(controller) { controller.enqueue(${D}("a")); } });`,
      D,
    ],
    "a continuation": [
      `export function f() { return g().then((path) => ${D}(path)); }`,
      D,
    ],
    "a sync helper, at its call": [
      `function read() { return ${D}("a"); } export async function f() { return read(); }`,
      "read",
    ],
    "helpers of helpers": [
      `const read = (path) => JSON.parse(${D}(path));
       const config = () => read("a");
       app.get("/a", () => config());`,
      "config",
    ],
    "a helper handed on": [
      `function read(path) { return ${D}(path); } export async function f(paths) { return paths.map(read); }`,
      "read",
    ],
    "a method as a helper": [
      `class Store { load() { return ${D}("a"); } static all() { return ${D}("b"); }
       async get() { return [this.load(), Store.all()]; } }`,
      "this.load",
      "Store.all",
    ],
    "a constructor as a helper": [
      `class Config { constructor() { this.text = ${D}("a"); } } export async function f() { return new Config(); }`,
      "new Config()",
    ],
    "an own instance's method": [
      `class Config { read() { return ${D}("a"); } } const config = new Config(); app.get("/a", () => config.read());`,
      "config.read",
    ],
    "an async function inside start-up code that serves": [
      `async function main() { app.get("/a", () => ${D}("a")); } await main();`,
      D,
    ],
    "a hole in a pattern": [
      `const [, b] = x; async function f() { ${D}(b); }`,
      D,
    ],
  },
  innocent: {
    "top-level code": `const text = ${D}("a"); if (x) { Deno.mkdirSync("b"); }`,
    "a sync function that async code does not call":
      `export function read() { return ${D}("a"); }`,
    "a sync method of a class inside an async function":
      `async function f() { class A { m() { return ${D}("a"); } } return A; }`,
    "a sync method of an object inside an async function":
      `async function f() { return { read() { return ${D}("a"); } }; }`,
    "getters": `class A { get text() { return ${D}("a"); } }`,
    "sync methods": `class A { m() { ${D}("a"); } static n() { ${D}("a"); } }`,
    "another object of that name":
      `import * as Deno from "./fake.ts"; async function f() { ${D}("a"); }`,
    "a parameter of that name":
      `async function f(Deno) { ${D}("a"); } async function g(fs) { fs.readFileSync("a"); }`,
    "a shadowed import":
      `import { readFileSync } from "node:fs"; async function f(readFileSync) { readFileSync("a"); }`,
    "a function of one's own that ends in Sync":
      `async function f() { Effect.runSync(x); writeSync(); }`,
    "the asynchronous ones":
      `import fs from "node:fs"; async function f() { await Deno.readTextFile("a"); await fs.promises.readFile("a"); }`,
    "types":
      `import type { readFileSync } from "node:fs"; async function f(x: typeof readFileSync) { return x; }`,
    "a main function":
      `async function main() { ${D}("a"); await x(); } if (import.meta.main) await main();`,
    "an exported main function":
      `export async function main() { ${D}("a"); await x(); } if (import.meta.main) await main();`,
    "code that only start-up code calls":
      `const config = await load(); async function load() { return ${D}("a"); }`,
    "an async function called at once at top level":
      `await (async () => { ${D}("a"); })();`,
    "promises chained at top level": `start().then(() => ${D}("a"));`,
    "tests":
      `Deno.test("x", async () => { ${D}("a"); }); it("y", async () => { ${D}("a"); });`,
    "steps and hooks of tests":
      `Deno.test("x", async (t) => { await t.step("y", async () => { ${D}("a"); }); }); beforeEach(async () => { ${D}("a"); });`,
    "tasks of a thread":
      `export const parse = defineTask({ name: "parse", module: import.meta.url, run: async (path) => ${D}(path) });`,
    "what only a task calls":
      `async function read(path) { return ${D}(path); } export const parse = defineTask({ name: "x", module, run: (path) => read(path) });`,
    "a worker's messages":
      `self.onmessage = async (event) => { ${D}("a"); }; parentPort.on("message", async () => { ${D}("b"); });`,
    "the end of the process":
      `addEventListener("unload", () => ${D}("a")); process.on("exit", () => Deno.removeSync("a"));`,
    "maps and caches": `cache.get(key, () => ${D}("a")); map.delete("x");`,
    "small JSON":
      `async function f(x) { return JSON.parse(JSON.stringify(x)); }`,
    "randomBytes of a few bytes":
      `import { randomBytes, createHash } from "node:crypto"; async function f() { return createHash("sha1").update(randomBytes(16)); }`,
    "zlib of a literal":
      `import { gzipSync } from "node:zlib"; async function f() { return gzipSync("a few words"); }`,
    "a helper that async code defines":
      `async function f() { const read = () => g(); return read(); }`,
    "a generator that is only made":
      `function* lines() { yield ${D}("a"); } async function f() { return lines(); }`,
  },
});

Deno.test("no-sync-call tells the way through helpers", () => {
  const [found] = lint(
    "no-sync-call",
    `import { readFileSync } from "node:fs";
const read = (path) => readFileSync(path);
function config() { return read("a"); }
app.get("/a", () => config());`,
  );
  assert.equal(
    found?.message,
    '`config` holds the loop in a callback of `app.get("/a")`: ' +
      "config → read → node:fs.readFileSync (line 2)",
  );
});

Deno.test("no-sync-call names the function around and what to do instead", () => {
  const [found] = lint(
    "no-sync-call",
    `class Store { async load() { return Deno.readTextFileSync("a"); } }`,
  );
  assert.equal(
    found?.message,
    "`Deno.readTextFileSync` holds the loop in async method `Store.load`",
  );
  assert.match(found?.hint ?? "", /Deno\.readTextFile\(\)/);
});

Deno.test("no-sync-call is told of numbers that are large enough", () => {
  const source = (bytes: number) =>
    `import { randomBytes } from "node:crypto"; async function f() { return randomBytes(${bytes}); }`;
  assert.equal(lint("no-sync-call", source(50_000_000)).length, 1);
  assert.equal(lint("no-sync-call", source(32)).length, 0);
});
