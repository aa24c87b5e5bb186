import assert from "node:assert/strict";
import { isGranted } from "./_permissions.ts";

Deno.test("isGranted() says no to what the host does not know", () => {
  assert.equal(isGranted({ name: "read", path: "." }), true);
  assert.equal(isGranted({ name: "teleport" }), false);
});

Deno.test("isGranted() says no to what was not granted", {
  permissions: { read: false },
}, () => {
  assert.equal(isGranted({ name: "read", path: "." }), false);
});
