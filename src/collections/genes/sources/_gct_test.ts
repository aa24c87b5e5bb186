import assert from "node:assert/strict";
import { createRejectionLog, FormatError } from "@loophound/toolkit/csv";
import fc from "fast-check";
import { readGct } from "./_gct.ts";

async function* chunked(text: string, size: number) {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.slice(at, at + size);
  }
}

async function read(text: string, size = 1 << 16) {
  const rejections = createRejectionLog();
  const gct = readGct(chunked(text, size), {
    rejections,
    maxLineBytes: 1 << 20,
  });
  let copy = "";
  let rows = 0;
  for await (const batch of gct.batches) {
    copy += new TextDecoder().decode(batch.bytes);
    rows += batch.rows;
  }
  return { copy, rows, found: gct.found, rejections };
}

function gct(lines: string[], tissues = 2): string {
  const names = Array.from({ length: tissues }, (_, i) => `T - ${i} (x)`);
  return `#1.2\n${lines.length}\t${tissues}\nName\tDescription\t${
    names.join("\t")
  }\n${lines.map((line) => `${line}\n`).join("")}`;
}

Deno.test("readGct() makes array literals, however it is cut", async () => {
  const text = gct([
    "E1.1\tA\t1.5\t0",
    'E2\tB "b", é\t2e-7\t.5',
    "E3\tC\t1\t5.",
  ]);
  for (const size of [1, 7, 1 << 16]) {
    const { copy, rows, found } = await read(text, size);
    assert.equal(
      copy,
      '"E1.1","A","{1.5,0}"\n"E2","B ""b"", é","{2e-7,.5}"\n"E3","C","{1,5.}"\n',
    );
    assert.equal(rows, 3);
    assert.deepEqual(found, { rows: 3, tissues: ["T_0_x", "T_1_x"] });
  }
});

Deno.test("readGct() rejects a line for its first fault", async () => {
  const faults: [string, string, number][] = [
    ["E\tA\t1", "3 fields instead of 4", 1],
    ["E\tA\tx\t1\t2", "5 fields instead of 4", 1],
    ["E", "1 fields instead of 4", 1],
    ["\tA\t1\t2", "Name: required field is empty", 1],
    ["E\t\t1\t2", "Description: required field is empty", 3],
    [`E\t${"é".repeat(101)}\t1\t2`, "Description: text is too long", 3],
    ["E\tA\t1\t", "value: required field is empty", 7],
    ["E\tA\t\t1", "value: required field is empty", 5],
    ["E\tA\t1\tx", "value: not a number", 7],
    ["E\tA\t1 \t2", "value: not a number", 5],
    ["E\tA\t.\t2", "value: not a number", 5],
    ["E\tA\t1,5\t2", "value: not a number", 5],
    ["E\tA\t1}\t2", "value: not a number", 5],
    ["E\tA\tNULL\t2", "value: not a number", 5],
    ["E\tA\t-inf\t2", "value: not a finite number", 5],
    ["E\tA\t1e999\t2", "value: not a finite number", 5],
    [`E\tA\t${"9".repeat(400)}\t2`, "value: not a finite number", 5],
    ["E\tA\t-1e-3\t2", "value: is negative", 5],
  ];
  for (const [line, reason, column] of faults) {
    const { copy, rejections } = await read(gct(["E0\tG\t1\t2", line]));
    assert.equal(copy, '"E0","G","{1,2}"\n', line);
    const [first] = rejections.summary();
    assert.equal(first?.reason, reason, line);
    assert.deepEqual(
      [first?.examples[0]?.line, first?.examples[0]?.column],
      [5, column],
      line,
    );
  }
});

Deno.test("readGct() refuses what is no GCT 1.2", async () => {
  const good = gct(["E\tA\t1\t2"]);
  const broken: [string, string][] = [
    [
      good.replace("#1.2", "#1.3"),
      'line 1, column 1: a GCT 1.2 file begins with "#1.2", this one with "#1.3"',
    ],
    [
      good.replace("1\t2", "1\t2.5"),
      'line 2, column 1: the numbers of genes and tissues belong here, not "1\\t2.5"',
    ],
    [
      good.replace("1\t2", "1\t3"),
      "line 3, column 1: the header has 2 tissues, line 2 announces 3",
    ],
    [
      good.replace("1\t2", "2\t2"),
      "line 2, column 1: the file has 1 genes, line 2 announces 2",
    ],
    [
      good.replace("- 1", "- 0"),
      'line 3, column 1: tissue "T_0_x" is there twice',
    ],
    [
      good.replace("Name\t", "Gene\t"),
      'line 3, column 1: the columns "Name" and "Description" belong here, not "Gene\\tDescription\\tT - 0 (x)\\tT - 1 (x)"',
    ],
    [
      "#1.2\n1\t2\n",
      "line 3, column 1: the file ends before the names of its tissues",
    ],
    ["", "line 1, column 1: the file ends before the names of its tissues"],
    [good.replace("A", "\0"), "line 4, column 3: NUL byte"],
  ];
  for (const [text, message] of broken) {
    await assert.rejects(read(text), (error: unknown) => {
      assert.ok(error instanceof FormatError, String(error));
      assert.equal(error.message, message);
      return true;
    });
  }
});

Deno.test("readGct() keeps the value of any finite number", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.array(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), {
          minLength: 3,
          maxLength: 3,
        }),
        { minLength: 1, maxLength: 20 },
      ),
      async (values) => {
        const lines = values.map((row, i) => `E${i}\tG${i}\t${row.join("\t")}`);
        const { copy } = await read(gct(lines, 3), 5);
        const literals = copy.trimEnd().split("\n").map((line) =>
          /\{(.*)\}/.exec(line)![1]!.split(",").map(Number)
        );
        assert.deepEqual(literals, values.map((row) => row.map((v) => v + 0)));
      },
    ),
    { numRuns: 50 },
  );
});
