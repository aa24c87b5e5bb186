import assert from "node:assert/strict";
import { Attributor } from "./_attribution.ts";
import { explain } from "./_explain.ts";
import type { Pieces } from "./_own_work.ts";
import { rehearse } from "./_profiling.ts";
import { chunk, TREE } from "./_test_chunk.ts";

/** Runs all pieces. */
function waitsOf(job: Pieces<unknown>): Promise<unknown>[] {
  return [...job].filter((it) => it instanceof Promise);
}

Deno.test("the first chunk is explained without a read, which would end in a test as a leak", async () => {
  const first = chunk(TREE, [7, 7, 7, 7]);
  const explanation = explain(first, first);
  const asked = waitsOf(new Attributor().attribute(explanation));
  assert.ok(asked.length > 0, "this chunk's lines are not looked up in a text");
  await Promise.all(asked);
  assert.deepEqual(waitsOf(rehearse(new Attributor(), first)), []);
});
