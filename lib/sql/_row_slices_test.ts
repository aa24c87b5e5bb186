import fc from "fast-check";
import assert from "node:assert/strict";
import { joinedSlices, sliceRows } from "./_row_slices.ts";
import { batchesOf, batchOf } from "./_test_engines.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("joinedSlices() gives all bytes in slices of whole records", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(fc.constantFrom("", "a", '"', "\n", ',"\n"'), {
        minLength: 1,
        maxLength: 3,
      })),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 60 }),
      async (rows, size, maxRows, maxBytes) => {
        let all = "";
        let total = 0;
        const limits = { rows: maxRows, bytes: maxBytes };
        for await (const slice of joinedSlices(batchesOf(rows, size), limits)) {
          assert.ok(slice.rows > 0 && slice.rows <= maxRows);
          assert.ok(slice.bytes.length <= maxBytes || slice.rows === 1);
          const expected = rows.slice(total, total + slice.rows);
          assert.equal(text(slice.bytes), text(batchOf(expected).bytes));
          all += text(slice.bytes);
          total += slice.rows;
        }
        assert.equal(all, text(batchOf(rows).bytes));
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("sliceRows() refuses a batch that is cut or miscounted", () => {
  const slices = (bytes: string, rows: number) => () => [
    ...sliceRows({ bytes: new TextEncoder().encode(bytes), rows }, {
      rows: 10,
      bytes: 100,
    }),
  ];
  assert.throws(slices("a\nb", 2), /the last record has no line end/);
  assert.throws(slices('"a\n', 1), /the last record has no line end/);
  assert.throws(slices('"a\nb"\n', 2), /it holds 1 records and says 2/);
});
