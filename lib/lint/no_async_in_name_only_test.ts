import { testRule } from "./_test_lint.ts";

testRule("no-async-in-name-only", {
  reported: {
    "zlib with a callback": [
      `import { gzip } from "node:zlib"; app.get("/a", (c) => new Promise((done) => gzip(body, done)));`,
      "gzip",
    ],
    "zlib by promisify": [
      `import { promisify } from "node:util"; import zlib from "node:zlib";
       const gzip = promisify(zlib.gzip); async function f(body) { return await gzip(body); }`,
      "gzip",
    ],
    "a stream of zlib": [
      `import zlib from "node:zlib"; async function f() { return zlib.createGzip(); }`,
      "zlib.createGzip",
    ],
    "CompressionStream": [
      `app.get("/a", async (c) => new Response(body.pipeThrough(new CompressionStream("gzip"))));`,
      `new CompressionStream("gzip")`,
    ],
    "PGlite": [
      `import { PGlite } from "@electric-sql/pglite"; const db = await PGlite.create();
       app.get("/a", async (c) => c.json(await db.query("select 1")));`,
      "db.query",
    ],
    "PGlite by type": [
      `import type { PGlite } from "npm:@electric-sql/pglite@0.5.16"; async function f(db: PGlite) { await db.exec("x"); }`,
      "db.exec",
    ],
  },
  innocent: {
    "top-level code": `const stream = new CompressionStream("gzip");`,
    "answers and files, which mostly are small":
      `async function f(r: Response) { await r.json(); await Deno.readTextFile("a"); await Deno.writeFile("b", x); }`,
    "what is asynchronous indeed":
      `import { pbkdf2, randomBytes } from "node:crypto"; async function f() { pbkdf2("a", "b", 1, 2, "sha1", done); randomBytes(16, done); await crypto.subtle.digest("SHA-1", x); }`,
    "tasks of a thread":
      `import { gzip } from "node:zlib"; export const pack = defineTask({ name: "pack", module, run: async (bytes) => gzip(bytes, done) });`,
    "another class of that name":
      `import { CompressionStream } from "./own.ts"; async function f() { return new CompressionStream("gzip"); }`,
  },
});
