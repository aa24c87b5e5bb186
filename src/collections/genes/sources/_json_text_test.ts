import assert from "node:assert/strict";
import { jsonText } from "./_json_text.ts";

Deno.test("jsonText() refuses what PostgreSQL has no text for", () => {
  for (const value of ["a\0", { "\0": 1 }, ["\ud800x"], "\udc00", "\\\0"]) {
    assert.equal(jsonText(value), undefined, JSON.stringify(value));
  }
  for (
    const value of ["a", "\u0001", "\\u0000", "\\\\ud800", "é😀", null, [1, {}]]
  ) {
    assert.equal(jsonText(value), JSON.stringify(value));
  }
});
