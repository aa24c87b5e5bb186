import assert from "node:assert/strict";
import { idMatcher, someFrameMatches } from "./_pattern.ts";

Deno.test("idMatcher() matches whole ids, with * for any text", () => {
  const cases: [string, string, boolean][] = [
    ["Deno.statSync", "Deno.statSync", true],
    ["Deno.statSync", "Deno.lstatSync", false],
    ["Deno.*Sync", "Deno.FsFile.prototype.readSync", true],
    ["Deno.*Sync", "node:fs.statSync", false],
    ["node:fs.*", "node:fs/promises.readFile", false],
    ["*", "JSON.parse", true],
    ["node:fs.stat", "node:fs.statSync", false],
  ];
  for (const [pattern, id, expected] of cases) {
    assert.equal(idMatcher(pattern)(id), expected, `${pattern} ${id}`);
  }
  assert.equal(idMatcher(["JSON.parse", /^Atomics/])("Atomics.wait"), true);
});

Deno.test("idMatcher() is not confused by the flag g", () => {
  const matches = idMatcher(/Sync$/g);
  assert.equal(matches("Deno.statSync"), true);
  assert.equal(matches("Deno.statSync"), true);
});

Deno.test("someFrameMatches() wants all that is given in one frame", () => {
  const frames = [
    {
      function: "Store.load",
      file: "file:///srv/app/store.ts",
      line: 1,
      column: 1,
    },
    { function: "main", file: "file:///srv/app/main.ts", line: 1, column: 1 },
  ];
  assert.ok(someFrameMatches(frames, { function: "load" }));
  assert.ok(someFrameMatches(frames, { function: "Store.load" }));
  assert.ok(someFrameMatches(frames, { file: "app/main.ts" }));
  assert.ok(someFrameMatches(frames, {}));
  assert.ok(!someFrameMatches(frames, { function: "oad" }));
  assert.ok(!someFrameMatches(frames, { function: "main", file: "store.ts" }));
});
