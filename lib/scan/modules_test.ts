import assert from "node:assert/strict";
import { found, scanProgram, serving } from "./_test_program.ts";

/** Ways to name a blocking call of the runtime. */
const named: Record<string, [string, string]> = {
  "a named import": [
    `import { readFileSync } from "node:fs"; const run = () => readFileSync("x");`,
    "node:fs.readFileSync",
  ],
  "a renamed import": [
    `import { readFileSync as slurp } from "fs"; const run = () => slurp("x");`,
    "node:fs.readFileSync",
  ],
  "a default import": [
    `import fs from "node:fs"; const run = () => fs.readFileSync("x");`,
    "node:fs.readFileSync",
  ],
  "import { default as }": [
    `import { default as fs } from "node:fs"; const run = () => fs.readFileSync("x");`,
    "node:fs.readFileSync",
  ],
  "a namespace import": [
    `import * as fs from "node:fs"; const run = () => fs.default.readFileSync("x");`,
    "node:fs.readFileSync",
  ],
  "require": [
    `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);
     const { readFileSync } = require("fs"); const run = () => readFileSync("x");`,
    "node:fs.readFileSync",
  ],
  "process.getBuiltinModule": [
    `import process from "node:process";
     const run = () => process.getBuiltinModule("node:fs").readFileSync("x");`,
    "node:fs.readFileSync",
  ],
  "await import()": [
    `const run = async () => (await import("node:fs")).readFileSync("x");`,
    "node:fs.readFileSync",
  ],
  "import().then()": [
    `const run = () => import("node:fs").then(({ readFileSync }) => readFileSync("x"));`,
    "node:fs.readFileSync",
  ],
  "brackets": [
    `const run = () => Deno["readTextFileSync"]("x");`,
    "Deno.readTextFileSync",
  ],
  "a constant in brackets": [
    `const name = "readTextFileSync"; const run = () => Deno[name]("x");`,
    "Deno.readTextFileSync",
  ],
  "an alias": [
    `const d = globalThis.Deno; const run = () => d.readTextFileSync("x");`,
    "Deno.readTextFileSync",
  ],
  "destructuring": [
    `const { readTextFileSync: read = () => "" } = Deno; const run = () => read("x");`,
    "Deno.readTextFileSync",
  ],
  "destructuring by assignment": [
    `let read; ({ readTextFileSync: read } = Deno); const run = () => read("x");`,
    "Deno.readTextFileSync",
  ],
  "optional chaining": [
    `const run = () => Deno?.readTextFileSync?.("x");`,
    "Deno.readTextFileSync",
  ],
  "a comma": [
    `const run = () => (0, Deno.readTextFileSync)("x");`,
    "Deno.readTextFileSync",
  ],
  ".call()": [
    `const run = () => Deno.readTextFileSync.call(Deno, "x");`,
    "Deno.readTextFileSync",
  ],
  ".bind()": [
    `const read = Deno.readTextFileSync.bind(Deno, "x"); const run = () => read();`,
    "Deno.readTextFileSync",
  ],
  "a callback": [
    `const run = () => ["x"].map(Deno.readTextFileSync);`,
    "Deno.readTextFileSync",
  ],
  "a method of an open file": [
    `const run = async () => { using file = await Deno.open("x"); file.readSync(new Uint8Array(1)); };`,
    "Deno.FsFile.prototype.readSync",
  ],
  "a method by its type": [
    `export function run(file?: Deno.FsFile) { return file!.readSync(new Uint8Array(1)); }`,
    "Deno.FsFile.prototype.readSync",
  ],
  "a command": [
    `const run = () => new Deno.Command("ls").outputSync();`,
    "Deno.Command.prototype.outputSync",
  ],
  "a prepared statement": [
    `import { DatabaseSync } from "node:sqlite";
     const database = new DatabaseSync(":memory:");
     class Genes { #all = database.prepare("select 1"); all() { return this.#all.all(); } }
     const genes = new Genes(); const run = () => genes.all();`,
    "node:sqlite.StatementSync.prototype.all",
  ],
  "a constructor": [
    `import { DatabaseSync } from "node:sqlite"; const run = () => new DatabaseSync("x");`,
    "node:sqlite.DatabaseSync",
  ],
  "a class on top of one": [
    `import { DatabaseSync } from "node:sqlite";
     class Genes extends DatabaseSync { all() { return this.exec("select 1"); } }
     const genes = new Genes("x"); const run = () => genes.all();`,
    "node:sqlite.DatabaseSync.prototype.exec",
  ],
  "storage": [
    `const run = () => localStorage.getItem("x");`,
    "Storage.prototype.getItem",
  ],
  "Atomics.wait": [
    `const run = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);`,
    "Atomics.wait",
  ],
  "asynchronous in name only": [
    `const run = () => new CompressionStream("gzip");`,
    "CompressionStream",
  ],
  "a package that the list knows": [
    `import { PGlite } from "npm:@electric-sql/pglite@0.5"; const db = await PGlite.create();
     const run = async () => (await db.query("select 1")).rows;`,
    "npm:@electric-sql/pglite.PGlite.prototype.query",
  ],
  "a size that is written there": [
    `import { randomBytes } from "node:crypto"; const run = () => randomBytes(50_000_000);`,
    "node:crypto.randomBytes",
  ],
};

for (const [name, [code, api]] of Object.entries(named)) {
  Deno.test(`scan() knows a blocking call by ${name}`, async () => {
    const lines = await found(serving(code));
    assert.ok(
      lines.length > 0 && lines.every((line) => line.endsWith(` > ${api}`)),
      lines.join("\n") || "nothing found",
    );
  });
}

const LEAF = `export function read() { return Deno.statSync("x"); }`;

Deno.test("scan() follows re-exports, renamed, starred, as namespaces and defaults", async () => {
  const lines = await found({
    "leaf.ts": LEAF,
    "a.ts": `export * from "./leaf.ts";`,
    "b.ts": `export { read as load } from "./a.ts";`,
    "c.ts": `export * as disk from "./b.ts";`,
    "d.ts": `import { disk } from "./c.ts"; export default disk.load;`,
    "e.ts":
      `import load from "./d.ts"; export { load as default, load as "any name" };`,
    "f.ts": `export default function () { return Deno.lstatSync("x"); }`,
    "g.ts":
      `export default class { static read() { return Deno.readFileSync("x"); } }`,
    "ring.ts": `export * from "./ring2.ts"; export { read } from "./leaf.ts";`,
    "ring2.ts": `export * from "./ring.ts";`,
    "main.ts": `
      import one, { "any name" as two } from "./e.ts";
      import three from "./f.ts";
      import Four from "./g.ts";
      import { read as five } from "./ring2.ts";
      import * as all from "./b.ts";
      Deno.serve(() => new Response([one(), two(), three(), Four.read(), five(), all.load()].join()));`,
  });
  assert.deepEqual(lines, [
    "serve: <anonymous> > default > Deno.lstatSync",
    "serve: <anonymous> > default.read > Deno.readFileSync",
    "serve: <anonymous> > read > Deno.statSync",
  ]);
});

Deno.test("scan() follows import maps, scopes and workspace members", async () => {
  const lines = await found({
    "deno.jsonc": `{
      // With comments, and a comma at the end.
      "workspace": ["./lib", "./parts/*"],
      "imports": { "@/": "./src/", "disk": "./src/disk.ts", "host": "npm:hono@4" },
      "scopes": { "./src/inner/": { "disk": "./src/memory.ts" } },
    }`,
    "lib/deno.json":
      `{ "name": "@x/toolkit", "exports": { "./files": "./files/mod.ts" }, "imports": { "#own": "./own.ts" } }`,
    "lib/files/mod.ts": `export { read } from "#own";`,
    "lib/own.ts": `export function read() { return Deno.readFileSync("x"); }`,
    "parts/one/deno.json": `{ "name": "@x/one", "exports": "./mod.ts" }`,
    "parts/one/mod.ts": `export function one() { return Deno.lstatSync("x"); }`,
    "src/disk.ts": LEAF,
    "src/memory.ts": `export function read() { return 1; }`,
    "src/inner/a.ts": `export { read as inner } from "disk";`,
    "src/b.ts": `export { read } from "disk";`,
    "main.ts": `
      import { read } from "@/b.ts";
      import { inner } from "@/inner/a.ts";
      import { read as files } from "@x/toolkit/files";
      import { one } from "jsr:@x/one@1";
      import { Hono } from "host";
      new Hono().get("/", (c) => c.json([read(), inner(), files(), one()]));`,
  });
  assert.deepEqual(lines, [
    "GET /: <anonymous> > read > Deno.readFileSync",
    "GET /: <anonymous> > one > Deno.lstatSync",
    "GET /: <anonymous> > read > Deno.statSync",
  ]);
});

Deno.test("scan() takes another config, and a path of one file", async () => {
  const files = {
    "deno.json": `{ "imports": { "disk": "./memory.ts" } }`,
    "other.json": `{ "importMap": "./map.json" }`,
    "map.json": `{ "imports": { "disk": "./disk.ts" } }`,
    "disk.ts": LEAF,
    "memory.ts": `export const read = () => 1;`,
    "main.ts": serving(`import { read } from "disk";`, "read()"),
    "unrelated.ts": `setTimeout(() => Deno.statSync("x"));`,
  };
  assert.deepEqual(await found(files, { paths: ["main.ts"] }), []);
  assert.deepEqual(
    await found(files, { paths: ["main.ts"], config: "other.json" }),
    ["serve: <anonymous> > read > Deno.statSync"],
  );
});

Deno.test("scan() leaves out tests, packages and what the config excludes", async () => {
  const blocking = `setTimeout(() => Deno.statSync("x"));`;
  const files = {
    "deno.json": `{ "exclude": ["generated"] }`,
    "a_test.ts": blocking,
    "a.test.js": blocking,
    "node_modules/x/mod.js": blocking,
    ".hidden/x.ts": blocking,
    "generated/x.ts": blocking,
    "types.d.ts": `declare const x: number;`,
    "latest.ts": blocking,
  };
  const { findings } = await scanProgram(files);
  assert.deepEqual(findings.map(({ entry }) => entry.file), ["latest.ts"]);
  assert.equal((await found(files, { tests: true })).length, 3);
});

Deno.test("scan() tells which module is missing", async () => {
  const { problems, findings } = await scanProgram({
    "main.ts": serving(
      `import { gone } from "./gone.ts";
import data from "./data.json" with { type: "json" };
import type { T } from "./gone.ts";`,
      "Deno.statSync(gone + data)",
    ),
  });
  assert.deepEqual(problems, [{
    kind: "missing_module",
    file: "main.ts",
    line: 1,
    column: 1,
    message: 'Cannot find "./gone.ts"',
  }]);
  assert.equal(findings.length, 1);
});

Deno.test("scan() refuses a path that leads nowhere, and a config that is none", async () => {
  await assert.rejects(scanProgram("", { paths: ["nowhere"] }), {
    message: 'Cannot scan "/app/nowhere": there is no such file or folder',
  });
  await assert.rejects(
    scanProgram({ "deno.json": "{ imports }", "main.ts": "" }),
    /Cannot read \/app\/deno\.json: /,
  );
});
