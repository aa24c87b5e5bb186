import assert from "node:assert/strict";
import { entryFile } from "./_entry.ts";

const inside = new URL("./_thread_node.ts", import.meta.url);
const packed = new URL("./_entry.js", import.meta.url).href;

Deno.test("entryFile() leaves sources as they are", () => {
  assert.equal(entryFile(inside).href, inside.href);
});

Deno.test("entryFile() names the emitted file in the packed toolkit", () => {
  assert.equal(
    entryFile(inside, packed).href,
    new URL("./_thread_node.js", import.meta.url).href,
  );
});

Deno.test("entryFile() leaves the application's own entries alone", () => {
  const own = new URL("file:///srv/app/worker.ts");
  assert.equal(entryFile(own, packed).href, own.href);
});
