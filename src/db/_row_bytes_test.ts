import assert from "node:assert/strict";
import fc from "fast-check";
import { heavySql, RowBytes } from "./_row_bytes.ts";

const encoder = new TextEncoder();

/** The body of a DataRow. */
function dataRow(values: readonly (string | null)[]): Uint8Array {
  const parts = [new Uint8Array([0, values.length])];
  for (const value of values) {
    const text = encoder.encode(value ?? "");
    const length = new DataView(new ArrayBuffer(4));
    length.setInt32(0, value === null ? -1 : text.length);
    parts.push(new Uint8Array(length.buffer), text);
  }
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A record's text, by the rules of PostgreSQL's `record_out`. */
function record(values: readonly (string | null)[]): string {
  const fields = values.map((value) =>
    value === null
      ? ""
      : value === "" || /["\\(),\s]/.test(value)
      ? `"${value.replaceAll("\\", "\\\\").replaceAll('"', '""')}"`
      : value
  );
  return `(${fields.join(",")})`;
}

/** A line of CSV, the plain way. */
function csv(values: readonly (string | null)[]): string {
  return values.map((value) =>
    value === null
      ? ""
      : value === "" || /[",\r\n]/.test(value)
      ? `"${value.replaceAll('"', '""')}"`
      : value
  ).join(",") + "\r\n";
}

function take(bytes: RowBytes, rows: readonly Uint8Array[]): string {
  for (const row of rows) {
    bytes.row(row, new DataView(row.buffer, row.byteOffset), 0);
  }
  bytes.end();
  return new TextDecoder().decode(bytes.take());
}

const cell = fc.option(
  fc.string({
    unit: fc.constantFrom("a", "ä", '"', "\\", ",", "(", ")", " ", "\n", "\r"),
  }),
);
const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }));

Deno.test("RowBytes writes the same CSV of records and of columns", () => {
  fc.assert(fc.property(table, (rows) => {
    const expected = rows.map(csv).join("");
    assert.equal(
      take(new RowBytes("csv", "columns"), rows.map(dataRow)),
      expected,
    );
    assert.equal(
      take(
        new RowBytes("csv", "single"),
        rows.map((row) => dataRow([record(row)])),
      ),
      expected,
    );
  }));
});

Deno.test("RowBytes.header() quotes names that need it, for CSV only", () => {
  const bytes = new RowBytes("csv", "columns");
  bytes.header(["a", 'b "c"', "d,e", ""]);
  assert.equal(take(bytes, []), 'a,"b ""c""","d,e",""\r\n');
  const json = new RowBytes("json", "columns");
  json.header(["a"]);
  assert.equal(take(json, []), "[]");
});

Deno.test("RowBytes.take() hands over what was made since, and counts it all", () => {
  const bytes = new RowBytes("ndjson", "single");
  const long = "x".repeat(100_000);
  const row = dataRow([long]);
  bytes.row(row, new DataView(row.buffer), 0);
  assert.equal(bytes.waiting, 100_001);
  const first = bytes.take();
  bytes.row(row, new DataView(row.buffer), 0);
  assert.equal(first.length, 100_001);
  assert.equal(bytes.take().length, 100_001);
  assert.deepEqual([bytes.rows, bytes.total], [2, 200_002]);
});

Deno.test("heavySql() wraps a query whatever it ends with", () => {
  assert.equal(
    heavySql("select 1 -- one\n;  ", "json", "columns"),
    "select row_to_json(q)::text from (select 1 -- one\n) as q",
  );
  assert.equal(
    heavySql("select 1", "csv", "single"),
    "select q::text from (select 1\n) as q",
  );
  assert.equal(heavySql("select 1;", "csv", "columns"), "select 1");
  assert.equal(heavySql("select 1", "raw", "single"), "select 1");
});
