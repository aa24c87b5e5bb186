import assert from "node:assert/strict";
import fc from "fast-check";
import { createRing } from "./ring.ts";

Deno.test("createRing() keeps the newest entries, newest first", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.integer(), { maxLength: 30 }),
      fc.integer({ min: 0, max: 10 }),
      (size, entries, limit) => {
        const ring = createRing<number>(size);
        for (const entry of entries) ring.record(entry);
        assert.deepEqual(
          ring.recent(limit),
          entries.toReversed().slice(0, Math.min(size, limit)),
        );
      },
    ),
  );
});
