import assert from "node:assert/strict";
import { shadowName } from "./_shadow_name.ts";
import { identifierBytes, quoteIdentifier } from "./quote_identifier.ts";

Deno.test("quoteIdentifier() doubles quotes", () => {
  assert.equal(quoteIdentifier("genes"), '"genes"');
  assert.equal(quoteIdentifier('a"; drop'), '"a""; drop"');
});

Deno.test("quoteIdentifier() refuses what PostgreSQL cannot keep", () => {
  assert.equal(quoteIdentifier("é".repeat(31)).length, 33);
  for (const name of ["", "a\0b", "\ud800", "é".repeat(32)]) {
    assert.throws(() => quoteIdentifier(name), TypeError);
  }
});

Deno.test("shadowName() fits and tells long names apart", () => {
  const id = "0123456789abcdef0123456789abcdef";
  assert.equal(shadowName("genes", id), `genes__${id}`);
  const names = ["a", "b"].map((end) => shadowName("é".repeat(31) + end, id));
  assert.notEqual(names[0], names[1]);
  for (const name of names) {
    assert.ok(identifierBytes(name) <= 63);
    assert.ok(name.startsWith("é") && name.endsWith(`__${id}`));
  }
});
