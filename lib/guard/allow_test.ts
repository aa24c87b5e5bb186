// deno-lint-ignore-file no-sync-fn-in-async-fn -- what is caught has to be called
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { allow, disallow } from "./allow.ts";
import { SyncCallError } from "./errors.ts";
import { installGuard } from "./install_guard.ts";
import type { Allowance, GuardNotice, GuardOptions } from "./types.ts";

function guardWith(options: GuardOptions = {}) {
  return installGuard({ graceMs: 0, log: null, ...options });
}

function load() {
  return Deno.statSync(".");
}

Deno.test("allow() holds across awaits, and nowhere else", async () => {
  using guard = guardWith();
  const inside = allow({ reason: "Once at start" }, async () => {
    Deno.statSync(".");
    await sleep(1);
    Deno.statSync(".");
  });
  Deno.lstatSync(".");
  await inside;
  Deno.realPathSync(".");
  assert.deepEqual(guard.calls().map(({ api }) => api).reverse(), [
    "Deno.lstatSync",
    "Deno.realPathSync",
  ]);
});

Deno.test("allow() allows the named APIs only", () => {
  using guard = guardWith();
  allow({ apis: ["Deno.stat*"], reason: "Cheap" }, () => {
    Deno.statSync(".");
    Deno.lstatSync(".");
  });
  assert.deepEqual(guard.calls().map(({ api }) => api), ["Deno.lstatSync"]);
});

Deno.test("disallow() within allow() wins, and allow() within that again", () => {
  using guard = guardWith({ allow: [{ reason: "Everywhere" }] });
  Deno.statSync(".");
  disallow(() => {
    Deno.lstatSync(".");
    allow({ reason: "Inner" }, () => Deno.realPathSync("."));
  });
  allow({ reason: "Outer" }, () => {
    disallow(() => Deno.readDirSync("."), { apis: "Deno.readDirSync" });
    disallow(() => Deno.statSync("."), { apis: "Deno.readDirSync" });
  });
  assert.deepEqual(guard.calls().map(({ api }) => api).reverse(), [
    "Deno.lstatSync",
    "Deno.readDirSync",
  ]);
});

Deno.test("allow() and disallow() return what the function returns", () => {
  assert.equal(allow({ reason: "None needed" }, () => 7), 7);
  assert.equal(disallow(() => 8), 8);
});

Deno.test("an allowance may name function and file of a caller", () => {
  const byFunction: Allowance = {
    reason: "Loads once",
    where: { function: "load", file: "allow_test.ts" },
  };
  using guard = guardWith({ allow: [byFunction] });
  load();
  assert.deepEqual(guard.calls(), []);
  Deno.lstatSync(".");
  assert.equal(guard.calls().length, 1);
  using other = guardWith({
    allow: [
      { reason: "No such file", where: { file: /none\.ts$/g } },
      { reason: "No such function", where: { function: /^loa$/ } },
    ],
  });
  load();
  assert.equal(other.calls().length, 1);
});

Deno.test("an allowance does not cover calls longer than maxMs", () => {
  using guard = guardWith({
    allow: [
      { apis: "Atomics.wait", reason: "Short waits", maxMs: 20 },
      { reason: "All else", maxMs: 60_000 },
    ],
  });
  const cell = new Int32Array(new SharedArrayBuffer(4));
  Deno.statSync(".");
  Atomics.wait(cell, 0, 0, 60);
  const [call] = guard.calls();
  assert.equal(guard.calls().length, 1);
  assert.equal(call?.allowed_by, "Short waits");
  assert.equal(
    call.message,
    "Synchronous call Atomics.wait took longer than the 20 ms allowed",
  );
});

Deno.test("a call longer than maxMs throws after it has run", () => {
  using guard = guardWith({
    action: "throw",
    allow: [{ reason: "Short waits", maxMs: 20 }],
  });
  const cell = new Int32Array(new SharedArrayBuffer(4));
  assert.throws(() => Atomics.wait(cell, 0, 0, 60), SyncCallError);
  assert.ok(guard.calls()[0]!.duration_ms! >= 20);
});

Deno.test("an expired allowance does not count, and is told once", () => {
  const notices: GuardNotice[] = [];
  const notify = (notice: GuardNotice) => void notices.push(notice);
  using guard = guardWith({
    notify,
    allow: [
      { reason: "Until the move", expires: "2020-01-01" },
      { reason: "Still good", apis: "Deno.lstatSync", expires: "9999-01-01" },
    ],
  });
  for (let i = 0; i < 3; i++) {
    Deno.statSync(".");
    Deno.lstatSync(".");
    allow(
      { reason: "Scoped", expires: "2021-05-05T10:00:00Z" },
      () => Deno.realPathSync("."),
    );
  }
  assert.equal(guard.calls().length, 6);
  assert.deepEqual(notices.map(({ kind, message }) => [kind, message]), [
    [
      "expired_allowance",
      "Allowance of synchronous calls expired on 2020-01-01: Until the move",
    ],
    [
      "expired_allowance",
      "Allowance of synchronous calls expired on 2021-05-05T10:00:00Z: Scoped",
    ],
  ]);
});

Deno.test("allow() refuses an allowance without reason, date or duration", () => {
  const bad: [Allowance, RegExp][] = [
    [{ reason: "" }, /reason is empty/],
    [{ reason: "x", expires: "soon" }, /expires "soon" is no ISO date/],
    [{ reason: "x", maxMs: 0 }, /maxMs 0 is not above 0/],
  ];
  for (const [allowance, message] of bad) {
    assert.throws(() => allow(allowance, () => {}), { message });
  }
});
