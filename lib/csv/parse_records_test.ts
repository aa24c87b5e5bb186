import assert from "node:assert/strict";
import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { chunked, collect } from "./_test_chunks.ts";
import { FormatError } from "./format_error.ts";
import { parseRecords, type ParseRecordsOptions } from "./parse_records.ts";

async function read(
  content: string | Uint8Array,
  options: ParseRecordsOptions = {},
  sizes: number[] = [Infinity],
) {
  return (await collect(parseRecords(chunked(content, sizes), options))).flat();
}

Deno.test("parseRecords() gives fields and the line that each record starts on", async () => {
  assert.deepEqual(
    await read('a,b\r\n\r\n"x\ny","say ""é"""\nlast,1'),
    [
      { line: 1, fields: ["a", "b"] },
      { line: 3, fields: ["x\ny", 'say "é"'] },
      { line: 5, fields: ["last", "1"] },
    ],
  );
});

Deno.test("parseRecords() takes quotes as data with quote = false", async () => {
  assert.deepEqual(
    await read('"a\tb"c\n', { separator: "\t", quote: false }),
    [{ line: 1, fields: ['"a', 'b"c'] }],
  );
});

Deno.test("parseRecords() gives what is good before it tells of a fault", async () => {
  for (
    const [text, message] of [
      [
        "a,b\n1,2,3\n",
        "line 2, column 5: wrong number of fields: 3 instead of 2",
      ],
      ["a,b\n1\n", "line 2, column 2: wrong number of fields: 1 instead of 2"],
      ['a,b\n"1\n2\n3,4\n', "line 2, column 1: quote is never closed"],
      ['a,b\n1,2"\n', "line 2, column 4: stray quote in an unquoted field"],
    ] as const
  ) {
    const seen: string[][] = [];
    await assert.rejects(async () => {
      for await (const records of parseRecords(chunked(text))) {
        seen.push(...records.map(({ fields }) => fields));
      }
    }, (error: Error) => {
      assert.ok(error instanceof FormatError);
      assert.equal(error.message, message);
      assert.equal(error.line, 2);
      return true;
    });
    assert.deepEqual(seen, [["a", "b"]]);
  }
});

Deno.test("parseRecords() lets records differ with relaxColumns, and \\. be data", async () => {
  assert.deepEqual(
    (await read("a,b\n1\n\\.\n1,2,3\n", { relaxColumns: true }))
      .map(({ fields }) => fields.length),
    [2, 1, 1, 3],
  );
});

Deno.test("parseRecords() agrees with csv-parse on well-formed input", async () => {
  const field = fc.string({
    unit: fc.constantFrom(...'abcdefgh1,;"\n\r .\\é€😀'.match(/./gsu)!),
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), {
        minLength: 1,
        maxLength: 10,
      }),
      fc.constantFrom("\n", "\r\n"),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (rows, end, sizes) => {
        const text = rows.map((fields) =>
          fields.map((text) => `"${text.replaceAll('"', '""')}"`).join(",") +
          end
        ).join("");
        const options = { relaxColumns: true, gatherBytes: 1 };
        const found = await read(text, options, sizes);
        const expected = parse(text, {
          relax_column_count: true,
          record_delimiter: ["\n", "\r\n"],
        });
        assert.deepEqual(found.map(({ fields }) => fields), expected);
        let line = 1;
        for (const [index, record] of found.entries()) {
          assert.equal(record.line, line);
          line += rows[index]!.join("").split("\n").length;
        }
      },
    ),
    { numRuns: 300 },
  );
});
