import assert from "node:assert/strict";
import type { ProfileNode } from "./_cpu_profile.ts";
import { explain } from "./_explain.ts";

const APP = "file:///srv/app.ts";

/** A call tree: `[id, name, url, line, children]`; a sample every 2 ms from 100 ms on. */
function chunk(
  nodes: [number, string, string, number, number[]][],
  samples: number[],
  ticks: Record<number, { line: number; ticks: number }[]> = {},
) {
  return {
    from: 100,
    to: 100 + 2 * samples.length + 1,
    profile: {
      nodes: nodes.map(([id, functionName, url, lineNumber, children]) => ({
        id,
        callFrame: { functionName, url, lineNumber, columnNumber: 4 },
        children,
        positionTicks: ticks[id] ?? [],
      })) as ProfileNode[],
      startTime: 5_000_000,
      endTime: 5_000_000,
      samples,
      timeDeltas: samples.map(() => 2_000),
    },
  };
}

const TREE: [number, string, string, number, number[]][] = [
  [1, "(root)", "", -1, [2, 3, 4]],
  [2, "(program)", "", -1, []],
  [3, "(garbage collector)", "", -1, []],
  [4, "handle", APP, 9, [5, 8]],
  [5, "helper", APP, 19, [6]],
  [6, "readFileSync", "ext:deno_node/fs.ts", 0, [7]],
  [7, "op_fs_read_file_sync", "", -1, []],
  [8, "other", APP, 29, []],
];

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
