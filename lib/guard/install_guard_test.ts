// deno-lint-ignore-file no-sync-fn-in-async-fn -- what is caught has to be called
import { blockingApisById } from "@loophound/toolkit/blocking_apis";
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import { createRequire } from "node:module";
import { DatabaseSync } from "node:sqlite";
import zlib from "node:zlib";
import { gate } from "./_dispatch.ts";
import { activeGuard, installGuard } from "./install_guard.ts";
import { SyncCallError } from "./errors.ts";
import type { GuardNotice, GuardOptions, SyncCallReport } from "./types.ts";

const HERE = new URL(import.meta.url);
const require = createRequire(import.meta.url);

/** As it is now: the import above is linked to the runtime's own class. */
function sqlite(): typeof import("node:sqlite") {
  return require("node:sqlite");
}

/** From which size on the list tells of an API. */
function over(id: string): number {
  const size = blockingApisById.get(id)?.size;
  assert.ok(size, `${id} has a size`);
  return size.over;
}

function quiet(options: GuardOptions = {}): GuardOptions {
  return { graceMs: 0, log: null, ...options };
}

function apisOf(calls: readonly SyncCallReport[]): string[] {
  return calls.map(({ api }) => api).reverse();
}

Deno.test("installGuard() reports who called what, from where and for how long", () => {
  using guard = installGuard(quiet());
  function readIt() {
    return Deno.readTextFileSync(HERE);
  }
  assert.ok(readIt().includes("function readIt"));
  const [call] = guard.calls();
  assert.ok(call);
  assert.equal(call.message, "Synchronous call Deno.readTextFileSync");
  assert.equal(call.culprit?.function, "readIt");
  assert.equal(call.culprit?.file, import.meta.url);
  assert.match(call.stack[0]!, /^readIt \(.*install_guard_test\.ts:\d+:\d+\)$/);
  assert.ok(call.duration_ms !== null && call.duration_ms > 0);
  assert.equal(call.kind, "sync_io");
  assert.equal(call.size, null);
  assert.equal(call.count, 1);
  assert.ok(call.advice.length > 0);
  assert.equal(call.allowed_by, null);
});

Deno.test("installGuard() names the route of its monitor", () => {
  using guard = installGuard(
    quiet({ monitor: { currentLabel: () => "GET /x" } }),
  );
  Deno.statSync(".");
  assert.equal(
    guard.calls()[0]?.message,
    "Synchronous call Deno.statSync in GET /x",
  );
  guard.useMonitor(null);
  Deno.statSync(".");
  assert.equal(guard.calls()[0]?.route, null);
});

Deno.test("installGuard() catches prototypes, classes and modules", () => {
  using guard = installGuard(quiet());
  using file = Deno.openSync(HERE);
  file.readSync(new Uint8Array(4));
  new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync();
  const db = new (sqlite().DatabaseSync)(":memory:");
  db.exec("create table t (a)");
  db.prepare("select 1 as a").get();
  fs.readFileSync(HERE);
  require("fs").existsSync(".");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  zlib.gzipSync(new Uint8Array(over("node:zlib.gzipSync")));
  new WebAssembly.Module(wasmOf(over("WebAssembly.Module")));
  db.close();
  assert.deepEqual(apisOf(guard.calls()), [
    "Deno.openSync",
    "Deno.FsFile.prototype.readSync",
    "Deno.Command.prototype.outputSync",
    "node:sqlite.DatabaseSync",
    "node:sqlite.DatabaseSync.prototype.exec",
    "node:sqlite.StatementSync.prototype.get",
    "node:fs.readFileSync",
    "node:fs.existsSync",
    "Atomics.wait",
    "node:zlib.gzipSync",
    "WebAssembly.Module",
    "node:sqlite.DatabaseSync.prototype.close",
  ]);
  const here = guard.calls().filter(({ culprit }) =>
    culprit?.file !== import.meta.url
  );
  assert.deepEqual(here, []);
});

/** A module of the given size: a header and a custom section. */
function wasmOf(bytes: number): Uint8Array<ArrayBuffer> {
  const length = bytes - 8 - 6;
  const size = [0, 7, 14, 21, 28].map((shift, index) =>
    ((length + 1 >>> shift) & 0x7f) | (index < 4 ? 0x80 : 0)
  );
  const module = new Uint8Array(8 + 1 + 5 + 1 + length);
  module.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, ...size]);
  return module;
}

Deno.test("installGuard() counts a call made of another as one", () => {
  using guard = installGuard(quiet());
  fs.statSync(".");
  fs.mkdirSync(new URL("./", HERE), { recursive: true });
  assert.deepEqual(apisOf(guard.calls()), [
    "node:fs.statSync",
    "node:fs.mkdirSync",
  ]);
});

Deno.test("installGuard() leaves small values alone", () => {
  using guard = installGuard(quiet());
  JSON.parse('{"a":1}');
  JSON.stringify({ a: 1 });
  structuredClone({ a: 1 });
  [3, 1, 2].sort();
  zlib.gzipSync("small");
  new WebAssembly.Module(wasmOf(40));
  assert.deepEqual(guard.calls(), []);
  const parsed = over("JSON.parse");
  const written = over("JSON.stringify");
  const sorted = over("Array.prototype.sort");
  JSON.stringify("x".repeat(written - 2));
  JSON.parse('"x"'.padEnd(parsed));
  new Array(sorted).fill(0).sort();
  assert.deepEqual(
    guard.calls().map(({ api, size }) => [api, size]).reverse(),
    [
      ["JSON.stringify", { value: written, unit: "characters" }],
      ["JSON.parse", { value: parsed, unit: "characters" }],
      ["Array.prototype.sort", { value: sorted, unit: "elements" }],
    ],
  );
});

Deno.test("installGuard() tells of what has no size when it was slow", () => {
  using guard = installGuard(quiet({ slowMs: 0 }));
  using patient = installGuard(quiet({ slowMs: Infinity }));
  structuredClone([1, 2, 3]);
  assert.deepEqual(apisOf(guard.calls()), ["structuredClone"]);
  assert.deepEqual(patient.calls(), []);
});

Deno.test("installGuard() reports a call that fails, and lets its error through", () => {
  using guard = installGuard(quiet());
  assert.throws(() => Deno.statSync("/none/of/these"), Deno.errors.NotFound);
  assert.throws(() => fs.readFileSync("/none/of/these"), { code: "ENOENT" });
  assert.deepEqual(apisOf(guard.calls()), [
    "Deno.statSync",
    "node:fs.readFileSync",
  ]);
});

Deno.test("installGuard() sees what zlib unpacks, also when it fails at the end", async () => {
  const size = over("node:zlib.gunzipSync");
  const good = zlib.gzipSync(randomBytes(size * 2));
  const small = zlib.gzipSync("small");
  const broken = Uint8Array.from(good);
  broken.fill(1, broken.length - 8);
  using guard = installGuard(quiet());
  zlib.gunzipSync(small);
  assert.deepEqual(guard.calls(), []);
  zlib.gunzipSync(good);
  const [call] = guard.calls();
  assert.equal(call?.api, "node:zlib.gunzipSync");
  assert.ok(call.size && call.size.value >= size);
  assert.equal(call.culprit?.file, import.meta.url);
  assert.throws(() => zlib.gunzipSync(broken), { code: "Z_DATA_ERROR" });
  await Promise.resolve();
  assert.equal(guard.calls().length, 2);
});

Deno.test("installGuard() stays silent until it is armed", () => {
  using guard = installGuard(quiet({ graceMs: Infinity }));
  Deno.statSync(".");
  assert.equal(guard.armed, false);
  assert.deepEqual(guard.calls(), []);
  guard.arm();
  assert.equal(guard.armed, true);
  Deno.statSync(".");
  assert.equal(guard.calls().length, 1);
});

Deno.test("installGuard() throws in place of the call, and remembers it when swallowed", () => {
  using guard = installGuard(quiet({ action: "throw" }));
  const file = new URL("./none_such", HERE);
  assert.throws(() => Deno.writeTextFileSync(file, "x"), (error: unknown) => {
    assert.ok(error instanceof SyncCallError);
    assert.equal(error.api, "Deno.writeTextFileSync");
    assert.ok(error.message.startsWith("Synchronous call Deno.writeTextFile"));
    assert.ok(error.message.includes(error.advice));
    // No frame of the guard comes first.
    assert.match(error.stack!.split("\n")[1]!, /install_guard_test\.ts/);
    return true;
  });
  assert.equal(guard.calls()[0]?.duration_ms, null);
  const { DatabaseSync: Database } = sqlite();
  assert.throws(() => new Database(":memory:"), SyncCallError);
  assert.throws(
    () => zlib.gzipSync(new Uint8Array(over("node:zlib.gzipSync"))),
    SyncCallError,
  );
  try {
    fs.writeFileSync(file, "x");
  } catch {
    // As a careless program does.
  }
  assert.equal(guard.calls()[0]?.api, "node:fs.writeFileSync");
  guard.uninstall();
  assert.equal(fs.existsSync(file), false);
});

Deno.test("installGuard() throws after a call whose size only its result shows", () => {
  using guard = installGuard(quiet({ action: "throw" }));
  assert.equal(JSON.stringify("x"), '"x"');
  assert.throws(
    () => JSON.stringify("x".repeat(over("JSON.stringify"))),
    SyncCallError,
  );
  assert.ok(guard.calls()[0]?.duration_ms !== null);
});

Deno.test("installGuard() logs a culprit now and then, and says how many it left out", () => {
  const logged: [string, number, number][] = [];
  using guard = installGuard(quiet({
    reportEveryMs: Infinity,
    log: ({ api, count }, unlogged) => void logged.push([api, count, unlogged]),
  }));
  const heard: string[] = [];
  using _listener = guard.onCall(({ api }) => heard.push(api));
  for (let i = 0; i < 5; i++) Deno.statSync(".");
  Deno.lstatSync(".");
  assert.deepEqual(logged, [["Deno.statSync", 1, 0], ["Deno.lstatSync", 1, 0]]);
  assert.equal(heard.length, 6);
  const [first] = guard.counts().filter(({ api }) => api === "Deno.statSync");
  assert.equal(first?.count, 5);
  assert.ok(first.total_ms >= first.longest_ms && first.longest_ms > 0);
});

Deno.test("installGuard() logs again after reportEveryMs", () => {
  const logged: number[] = [];
  using _guard = installGuard(quiet({
    reportEveryMs: 0,
    log: (_, unlogged) => void logged.push(unlogged),
  }));
  for (let i = 0; i < 3; i++) Deno.statSync(".");
  assert.deepEqual(logged, [0, 0, 0]);
});

Deno.test("installGuard() logs nothing when it counts", () => {
  using guard = installGuard(quiet({
    action: "count",
    log: () => assert.fail("It was logged"),
  }));
  Deno.statSync(".");
  assert.equal(guard.counts()[0]?.count, 1);
});

Deno.test("installGuard() does not report what its listeners call", () => {
  using guard = installGuard(quiet({
    log: () => void Deno.statSync("."),
  }));
  Deno.lstatSync(".");
  assert.deepEqual(apisOf(guard.calls()), ["Deno.lstatSync"]);
});

Deno.test("installGuard() counts calls beyond its stacks without naming anybody", () => {
  using guard = installGuard(quiet({ stacksPerSecond: 2 }));
  for (let i = 0; i < 10; i++) Deno.statSync(".");
  const examined = guard.counts().filter((row) => row.examined);
  const others = guard.counts().filter((row) => !row.examined);
  assert.equal(others.length, 1);
  assert.equal(others[0]?.culprit, null);
  // Another second may have begun meanwhile.
  assert.ok(examined[0]!.count >= 2);
  assert.equal(examined[0]!.count + others[0]!.count, 10);
});

Deno.test("installGuard() takes a stack only of calls that it reports", () => {
  const { captureStackTrace } = Error;
  let stacks = 0;
  using _waiting = installGuard(quiet({ graceMs: Infinity }));
  using _allowing = installGuard(quiet({ allow: [{ reason: "All" }] }));
  Error.captureStackTrace = (...args) => {
    stacks++;
    captureStackTrace(...args);
  };
  try {
    Deno.statSync(".");
    using _guard = installGuard(quiet());
    JSON.parse("[1]");
    JSON.stringify([1]);
    zlib.gzipSync("small");
    assert.equal(stacks, 0);
    Deno.statSync(".");
    assert.equal(stacks, 1);
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
});

Deno.test("installGuard() keeps the newest reports of each culprit", () => {
  using guard = installGuard(quiet({ ring: 3 }));
  Deno.lstatSync(".");
  for (let i = 0; i < 10; i++) Deno.statSync(".");
  assert.deepEqual(apisOf(guard.calls()), [
    "Deno.lstatSync",
    "Deno.statSync",
    "Deno.statSync",
  ]);
  assert.equal(guard.calls(1).length, 1);
  assert.equal(guard.calls()[0]?.count, 10);
});

Deno.test("installGuard() guards what is asked for", () => {
  using guard = installGuard(
    quiet({ apis: ["Deno.*statSync", /^node:fs\..*Sync$/] }),
  );
  Deno.lstatSync(".");
  Deno.realPathSync(".");
  fs.existsSync(".");
  assert.deepEqual(apisOf(guard.calls()), [
    "Deno.lstatSync",
    "node:fs.existsSync",
  ]);
});

Deno.test("installGuard() says what it cannot catch, and why", () => {
  const notices: GuardNotice[] = [];
  using guard = installGuard(quiet({
    apis: /PGlite\.create|Response\.prototype\.json/,
    notify: (notice) => void notices.push(notice),
  }));
  assert.deepEqual(guard.selfTest.caught, []);
  assert.equal(guard.selfTest.notCaught.length, 2);
  assert.equal(notices.length, 1);
  assert.match(notices[0]!.message, /^Cannot catch .*PGlite\.create \(/);
});

Deno.test("selfTest tells of a function that other code has replaced", () => {
  using _first = installGuard(quiet({ apis: "Deno.statSync" }));
  const wrapper = Deno.statSync;
  Deno.statSync = () => assert.fail("The self-test called it");
  try {
    using guard = installGuard(quiet({
      apis: "Deno.statSync",
      notify: () => {},
    }));
    assert.deepEqual(guard.selfTest.notCaught, [
      { api: "Deno.statSync", reason: "other code has replaced it" },
    ]);
  } finally {
    Deno.statSync = wrapper;
  }
});

Deno.test("selfTest finds all that is listed for this host", () => {
  using guard = installGuard(quiet());
  assert.ok(guard.selfTest.installed);
  assert.ok(guard.selfTest.caught.length > 100);
  const broken = guard.selfTest.notCaught.filter(({ reason }) =>
    !reason.startsWith("this host has no")
  );
  assert.deepEqual(broken, []);
  assert.equal(gate.probed, null);
  assert.deepEqual(guard.calls(), []);
});

Deno.test("testImports() tries the imports of modules loaded from now on", async () => {
  using guard = installGuard(quiet());
  const results = await guard.testImports();
  assert.ok(results.length >= 5);
  assert.deepEqual(results.filter(({ caught }) => !caught), []);
});

Deno.test("installGuard() serves several guards that end in any order", () => {
  const first = installGuard(quiet());
  const second = installGuard(quiet({ action: "throw" }));
  assert.equal(activeGuard(), second);
  assert.throws(() => Deno.statSync("."), SyncCallError);
  // The refused call is known to both.
  assert.equal(first.calls().length, 1);
  assert.equal(first.calls()[0]?.duration_ms, null);
  first.uninstall();
  assert.throws(() => Deno.statSync("."), SyncCallError);
  assert.equal(first.calls().length, 1);
  second.uninstall();
  second.uninstall();
  assert.equal(activeGuard(), null);
  Deno.statSync(".");
  assert.equal(second.calls().length, 2);
});

Deno.test("installGuard() hears of functions that were taken under an earlier guard", () => {
  const first = installGuard(quiet());
  const { statSync } = Deno;
  first.uninstall();
  statSync(".");
  using second = installGuard(quiet());
  statSync(".");
  assert.deepEqual(first.calls(), []);
  assert.equal(second.calls().length, 1);
});

Deno.test("installGuard() does not take the runtime's own calls for the program's", async () => {
  using guard = installGuard(quiet({ stacksPerSecond: Infinity }));
  await new Promise<void>((resolve) => fs.stat(".", () => resolve()));
  await fs.promises.readFile(HERE);
  await import(`data:text/javascript,export default ${Math.random()}`);
  require("./_fixture_required.cjs");
  await new Response('{"a":1}').json();
  assert.deepEqual(guard.calls(), []);
});

Deno.test("installGuard() reports functions that are handed to the runtime", async () => {
  using guard = installGuard(quiet());
  await new Promise((resolve) => {
    setTimeout(Deno.statSync, 0, ".");
    setTimeout(resolve, 1);
  });
  await Promise.resolve(".").then(Deno.lstatSync);
  [HERE].map((it) => it).forEach(Deno.realPathSync);
  assert.deepEqual(apisOf(guard.calls()), [
    "Deno.statSync",
    "Deno.lstatSync",
    "Deno.realPathSync",
  ]);
  assert.equal(guard.calls()[1]?.culprit, null);
  assert.equal(guard.calls()[0]?.culprit?.file, import.meta.url);
});

Deno.test("installGuard() understands stacks of programs that format their own", () => {
  using guard = installGuard(quiet());
  const own = () => 42;
  Object.assign(Error, { prepareStackTrace: own });
  try {
    Deno.statSync(".");
    assert.equal(Reflect.get(Error, "prepareStackTrace"), own);
  } finally {
    Reflect.deleteProperty(Error, "prepareStackTrace");
  }
  assert.equal(guard.calls()[0]?.culprit?.file, import.meta.url);
});

Deno.test("installGuard() keeps names, lengths, classes and printed code", () => {
  const before = [
    Deno.statSync,
    JSON.parse,
    JSON.stringify,
    fs.readFileSync,
    Array.prototype.sort,
    DatabaseSync,
  ].map(shapeOf);
  using _guard = installGuard(quiet());
  const { DatabaseSync: Database } = sqlite();
  const after = [
    Deno.statSync,
    JSON.parse,
    JSON.stringify,
    fs.readFileSync,
    Array.prototype.sort,
    Database,
  ].map(shapeOf);
  assert.deepEqual(after, before);
  assert.notEqual(Database, DatabaseSync);
  class Store extends Database {}
  using db = new Store(":memory:");
  assert.ok(db instanceof Store);
  assert.ok(db instanceof Database);
  assert.ok(db instanceof DatabaseSync);
  using plain = new Database(":memory:");
  assert.equal(plain.constructor, Database);
  assert.equal(Object.getPrototypeOf(Store), Database);
});

function shapeOf(it: { name: string; length: number }) {
  return [it.name, it.length, typeof it, "prototype" in it];
}
