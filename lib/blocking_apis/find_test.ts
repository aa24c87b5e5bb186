import assert from "node:assert/strict";
import {
  blockingApis,
  blockingApisById,
  findBlockingApi,
} from "@loophound/toolkit/blocking_apis";

function idFound(
  module: string,
  name: string,
  options?: { callback?: boolean },
): string | undefined {
  return findBlockingApi(module, name, options)?.id;
}

Deno.test("blockingApis has no id twice", () => {
  assert.equal(blockingApisById.size, blockingApis.length);
});

Deno.test("blockingApis says of each API why, and what to do instead", () => {
  for (const { id, why, instead, size } of blockingApis) {
    assert.match(why, /^[A-Z].*\.$/, id);
    assert.match(instead, /^[A-Z`].*[.`]$/, id);
    if (size !== null) assert.ok(size.over > 0, id);
  }
});

Deno.test("blockingApis says method of what is on a prototype, and of nothing else", () => {
  for (const { id, name, call } of blockingApis) {
    assert.equal(call === "method", name.includes(".prototype."), id);
  }
});

Deno.test("findBlockingApi() finds every API under its own module and name", () => {
  for (const api of blockingApis) {
    const callback = api.withCallback === true;
    assert.equal(findBlockingApi(api.module, api.name, { callback }), api);
  }
});

Deno.test("findBlockingApi() takes modules without their prefix", () => {
  assert.equal(idFound("fs", "readFileSync"), "node:fs.readFileSync");
  assert.equal(
    idFound("@electric-sql/pglite", "PGlite.prototype.query"),
    "npm:@electric-sql/pglite.PGlite.prototype.query",
  );
});

Deno.test("findBlockingApi() sees through default exports and nested namespaces", () => {
  assert.equal(idFound("node:fs", "default.statSync"), "node:fs.statSync");
  assert.equal(
    idFound("node:fs", "promises.readFile"),
    "node:fs/promises.readFile",
  );
  assert.equal(
    idFound("node:crypto", "webcrypto.subtle.encrypt"),
    "SubtleCrypto.prototype.encrypt",
  );
});

Deno.test("findBlockingApi() follows globals to where they come from", () => {
  for (
    const [name, id] of [
      ["globalThis.Deno.readTextFileSync", "Deno.readTextFileSync"],
      ["self.JSON.parse", "JSON.parse"],
      ["process.loadEnvFile", "node:process.loadEnvFile"],
      ["require", "node:module.Module.prototype.require"],
      ["localStorage.setItem", "Storage.prototype.setItem"],
      [
        "Deno.permissions.requestSync",
        "Deno.Permissions.prototype.requestSync",
      ],
    ] as const
  ) assert.equal(idFound("global", name), id);
});

Deno.test("findBlockingApi() finds globals in the modules that export them too", () => {
  assert.equal(idFound("node:buffer", "atob"), "atob");
  assert.equal(
    idFound("node:stream/web", "CompressionStream"),
    "CompressionStream",
  );
  assert.equal(idFound("node:console", "log"), "console.log");
});

Deno.test("findBlockingApi() tells calls with a callback from those without", () => {
  const withCallback = { callback: true };
  assert.equal(
    idFound("node:crypto", "randomBytes"),
    "node:crypto.randomBytes",
  );
  assert.equal(
    idFound("node:crypto", "randomBytes", withCallback),
    "node:crypto.randomBytes(callback)",
  );
  assert.equal(
    idFound("node:crypto", "pseudoRandomBytes", withCallback),
    "node:crypto.pseudoRandomBytes(callback)",
  );
});

Deno.test("findBlockingApi() knows nothing of what is off the loop, or not there", () => {
  assert.equal(findBlockingApi("node:fs", "stat"), undefined);
  assert.equal(findBlockingApi("node:crypto", "pbkdf2"), undefined);
  assert.equal(findBlockingApi("npm:fs", "readFileSync"), undefined);
  assert.equal(findBlockingApi("node:fs", "constructor"), undefined);
  assert.equal(findBlockingApi("global", ""), undefined);
});
