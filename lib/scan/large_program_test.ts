import assert from "node:assert/strict";
import { syntheticProgram } from "./_synthetic_program.ts";
import { scanProgram } from "./_test_program.ts";

async function foundIn(files: Record<string, string>) {
  const { findings, stats, problems } = await scanProgram(files, {
    paths: ["main.ts"],
  });
  assert.deepEqual(problems, []);
  return {
    stats,
    lines: findings.map(({ entry, culprit }) =>
      `${entry.route} ${culprit.function}`
    ).sort(),
  };
}

Deno.test("scan() finds each path in 1,000 files, and invents none", async () => {
  const { files, expected } = syntheticProgram({
    files: 1_003,
    blockingEvery: 10,
  });
  const { lines, stats } = await foundIn(files);
  assert.deepEqual(lines, expected);
  assert.equal(stats.files, 1_003);
  assert.equal(stats.entries, 300);
});

Deno.test("scan() finds in a large program what it finds in a small one", async () => {
  const small = syntheticProgram({ files: 33, blockingEvery: 3 });
  const { lines } = await foundIn(small.files);
  assert.deepEqual(lines, small.expected);
  assert.equal(lines.length, 2);
});
