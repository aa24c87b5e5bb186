// Calls in every style of import. A comment says what a line must be reported
// as: the test compares, and nothing else may be reported.
import { execSync } from "node:child_process";
import { pbkdf2Sync as derive } from "node:crypto";
import { readFileSync } from "node:fs";
import defaultFs from "node:fs";
import * as namespaceFs from "node:fs";
import { createRequire } from "node:module";
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import defaultZlib, { gzipSync } from "node:zlib";
import pg from "pg";
import { renamedStat } from "./_fixture_reexport.ts";
import { activeGuard } from "./mod.ts";

const { readTextFileSync } = Deno;
const guard = activeGuard()!;
const require = createRequire(import.meta.url);
const file = await Deno.makeTempFile();
const megabyte = new Uint8Array(1 << 20);

readFileSync(file); // Within the grace.
guard.arm();

class Reader {
  #file = file;
  read() {
    return readFileSync(this.#file); // reports node:fs.readFileSync
  }
}

function handler() {
  readFileSync(file); // reports node:fs.readFileSync
  defaultFs.existsSync(file); // reports node:fs.existsSync
  namespaceFs.realpathSync(file); // reports node:fs.realpathSync
  renamedStat(file); // reports node:fs.statSync
  require("node:fs").readdirSync("/"); // reports node:fs.readdirSync
  process.getBuiltinModule("fs").accessSync(file); // reports node:fs.accessSync
  derive("secret", "salt", 1, 16, "sha256"); // reports node:crypto.pbkdf2Sync
  execSync("true"); // reports node:child_process.execSync
  gzipSync(megabyte); // reports node:zlib.gzipSync
  defaultZlib.deflateSync(megabyte); // reports node:zlib.deflateSync
  require("zlib").brotliCompressSync(megabyte); // reports node:zlib.brotliCompressSync
  const db = new DatabaseSync(":memory:"); // reports node:sqlite.DatabaseSync
  db.exec("select 1"); // reports node:sqlite.DatabaseSync.prototype.exec
  if (!(db instanceof DatabaseSync) || db.constructor !== DatabaseSync) {
    throw new Error("The class has lost its identity");
  }
  readTextFileSync(file); // reports Deno.readTextFileSync
  new Reader().read();
  new pg.Client({ // reports node:fs.readFileSync
    connectionString: `postgres://user@host/db?sslrootcert=${file}`,
  });
}
handler();
const { lazily } = await import("./_fixture_lazy.ts");
lazily();
const { mkdtempSync, rmdirSync } = await import("node:fs");
rmdirSync(mkdtempSync(file)); // reports node:fs.mkdtempSync node:fs.rmdirSync

const calls = guard.calls().reverse();
const tested = await guard.testImports();
const wrapped = readFileSync;
guard.uninstall();
readFileSync(file);
await Deno.remove(file);
console.log(JSON.stringify({
  calls,
  tested,
  selfTest: guard.selfTest,
  left: guard.calls().length - calls.length,
  restored: readFileSync === defaultFs.readFileSync &&
    readFileSync !== wrapped &&
    defaultFs === Reflect.get(namespaceFs, "default") &&
    defaultZlib === process.getBuiltinModule("zlib"),
}));
