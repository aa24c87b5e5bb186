import assert from "node:assert/strict";
import { dedupKey } from "./dedup_key.ts";
import type { LoadRequest } from "./types.ts";

const base: LoadRequest = {
  source: "descartes",
  fields: { part: "tpm", more: { a: 1, b: [1, 2] } },
  file: { path: "/in/a.csv", name: "a.csv", bytes: 4, spooled: false },
  dryRun: false,
  sample: false,
};
const file = base.file!;

Deno.test("dedupKey() is the same whatever the order of fields and the name given", () => {
  const twin: LoadRequest = {
    ...base,
    fields: { more: { b: [1, 2], a: 1 }, part: "tpm" },
    file: { ...file, name: "./a.csv" },
  };
  assert.equal(dedupKey(twin, "host"), dedupKey(base, "host"));
});

Deno.test("dedupKey() tells apart what makes another load", () => {
  const { file: _, ...none } = base;
  const keys = [
    base,
    { ...base, source: "gtex" },
    { ...base, fields: { ...base.fields, part: "percentage" } },
    { ...base, fields: { part: "tpm", more: { a: 1, b: [2, 1] } } },
    { ...base, dryRun: true },
    { ...base, sample: true },
    { ...base, file: { ...file, path: "/in/b.csv" } },
    { ...base, file: { ...file, bytes: 5 } },
    { ...base, file: { ...file, modifiedMs: 7 } },
    { ...base, file: { ...file, sha256: "ab" } },
    none,
  ].map((request) => dedupKey(request, "host"));
  keys.push(dedupKey(base, "another host"));
  assert.equal(new Set(keys).size, keys.length);
});

Deno.test("dedupKey() knows equal bytes by their hash, wherever they lie", () => {
  const upload = (path: string) => ({
    ...base,
    file: { path, name: "upload", bytes: 4, sha256: "ab", spooled: true },
  });
  assert.equal(dedupKey(upload("/s/1"), "a"), dedupKey(upload("/s/2"), "b"));
});
