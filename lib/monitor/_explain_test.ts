import assert from "node:assert/strict";
import { explain } from "./_explain.ts";
import { APP, chunk, TREE } from "./_test_chunk.ts";

Deno.test("explain() follows the samples down to the innermost own function", () => {
  const found = explain(
    chunk(TREE, [2, 8, 7, 7, 7, 6, 7, 2]),
    { from: 101, to: 115 },
  );
  assert.deepEqual(found.frames, [
    {
      function: "helper",
      file: APP,
      line: 20,
      column: 5,
      hotLine: null,
      ownsTime: false,
      callees: ["readFileSync", "op_fs_read_file_sync"],
      calleeFile: "ext:deno_node/fs.ts",
    },
    {
      function: "handle",
      file: APP,
      line: 10,
      column: 5,
      hotLine: null,
      ownsTime: false,
      callees: ["helper"],
      calleeFile: APP,
    },
  ]);
  assert.equal(found.within[0]?.name, "op_fs_read_file_sync");
  assert.deepEqual([found.samples, found.js, found.native], [7, 6, 1]);
});

Deno.test("explain() takes only the samples of the span, and not the parts left out", () => {
  const samples = [5, 5, 5, 5, 5, 8, 8, 8, 8, 5];
  const all = chunk(TREE, samples, {
    8: [{ line: 33, ticks: 1 }, { line: 35, ticks: 3 }],
  });
  const late = explain(all, { from: 111, to: 119 });
  assert.equal(late.frames[0]?.function, "other");
  assert.equal(late.frames[0].hotLine, 35);
  assert.equal(late.frames[0].ownsTime, true);
  assert.equal(late.sampling, true);
  const except = explain(all, { from: 100, to: 200 }, [{ from: 111, to: 119 }]);
  assert.equal(except.frames[0]?.function, "helper");
  assert.equal(except.samples, 6);
});

Deno.test("explain() counts what is no code, and says when nothing was seen", () => {
  const idle = explain(chunk(TREE, [2, 2, 3]), { from: 100, to: 110 });
  assert.deepEqual(
    [idle.frames, idle.js, idle.gc, idle.native],
    [[], 0, 1, 2],
  );
  const none = explain(chunk(TREE, []), { from: 100, to: 110 });
  assert.equal(none.samples, 0);
  assert.equal(none.sampling, false);
});
