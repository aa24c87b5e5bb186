import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesOf, chunked, collect } from "./_test_chunks.ts";
import { lines, type LinesOptions, splitFields } from "./lines.ts";

async function read(
  content: string | Uint8Array,
  options: LinesOptions = {},
  sizes: number[] = [Infinity],
): Promise<[number, string][]> {
  const batches = await collect(lines(chunked(content, sizes), options));
  return batches.flat().map(
    ({ line, bytes }) => [line, new TextDecoder().decode(bytes)],
  );
}

Deno.test("lines() numbers lines and takes their ends away", async () => {
  assert.deepEqual(await read("#1.2\r\n\nlast"), [[1, "#1.2"], [2, ""], [
    3,
    "last",
  ]]);
  assert.deepEqual(await read(""), []);
});

Deno.test("lines() refuses long lines, NUL and invalid UTF-8, wherever cut", async () => {
  const bad = bytesOf("ab\ncd é\nxy\n");
  bad[7] = 0x41;
  for (
    const [content, message] of [
      [
        "ab\n12345678901\n",
        "line 2, column 11: the line is longer than 10 bytes",
      ],
      [
        `ab\n${"x".repeat(500)}`,
        "line 2, column 11: the line is longer than 10 bytes",
      ],
      ["ab\ncd\0\n", "line 2, column 3: NUL byte"],
      [
        bad,
        "line 2, column 4: byte 0xc3 is not valid UTF-8; save the file as UTF-8",
      ],
    ] as const
  ) {
    for (const sizes of [[Infinity], [1], [4]]) {
      await assert.rejects(
        read(content, { maxLineBytes: 10, gatherBytes: 1 }, sizes),
        { name: "FormatError", message },
      );
    }
  }
});

Deno.test("lines() agrees with split() however the input is cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.string({ unit: fc.constantFrom("a", "é", "\t"), maxLength: 9 }),
      ),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
      async (texts, sizes) => {
        const content = texts.map((text) => `${text}\n`).join("");
        const found = await read(content, { gatherBytes: 1 }, sizes);
        assert.deepEqual(found, texts.map((text, i) => [i + 1, text]));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("splitFields() gives the bounds of each field", () => {
  const bytes = bytesOf("xx\ta\t\tbc");
  assert.deepEqual(splitFields(bytes, 3, 8, "\t"), [3, 4, 5, 5, 6, 8]);
  assert.deepEqual(splitFields(bytes, 2, 2, "\t"), [2, 2]);
});
