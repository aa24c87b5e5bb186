/** A value of a row that is written. */
export type CsvValue = string | number | null;

const NEEDS_QUOTES = /[",\r\n]/;

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

function copyField(value: CsvValue): string {
  if (value === null) return "";
  if (typeof value === "number") {
    if (Number.isFinite(value)) return String(value);
    throw new RangeError(`Cannot encode number ${value}: it is not finite`);
  }
  // Unquoted, nothing is NULL, and `\.` alone would end the data.
  if (value === "" || value === "\\.") return `"${value}"`;
  if (value.includes("\0")) {
    throw new RangeError(
      `Cannot encode text ${
        JSON.stringify(value.slice(0, 40))
      }: PostgreSQL takes no NUL character`,
    );
  }
  return NEEDS_QUOTES.test(value) ? quoted(value) : value;
}

/**
 * Writes one record as `COPY … (FORMAT csv)` takes it. `null` becomes NULL,
 * the empty string stays an empty string. A half of a surrogate pair becomes
 * U+FFFD when the text is encoded.
 *
 * @param values The values, in the order of the columns.
 * @returns The record, ended by `\n`.
 * @throws {RangeError} A number is not finite, or a text holds a NUL.
 *
 * @example Usage
 * ```ts
 * import { encodeRecord } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   encodeRecord(["PKD1", 'a "b", c', "", null, 1.5]),
 *   'PKD1,"a ""b"", c","",,1.5\n',
 * );
 * ```
 */
export function encodeRecord(values: readonly CsvValue[]): string {
  let record = "";
  for (let i = 0; i < values.length; i++) {
    if (i > 0) record += ",";
    record += copyField(values[i]!);
  }
  return `${record}\n`;
}

/**
 * Writes a PostgreSQL array of texts, to be used as one value of a record.
 *
 * @param items The elements.
 * @returns The array literal.
 *
 * @example Usage
 * ```ts
 * import { encodeRecord, encodeTextArray } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * assert.equal(encodeTextArray(["a", 'b"c', "NULL"]), '{"a","b\\"c","NULL"}');
 * assert.equal(encodeRecord([encodeTextArray(["a"])]), '"{""a""}"\n');
 * ```
 */
export function encodeTextArray(items: readonly string[]): string {
  // Always in quotes: bare, NULL, spaces and braces mean something else.
  const elements = items.map((item) =>
    `"${item.replace(/["\\]/g, (found) => `\\${found}`)}"`
  );
  return `{${elements.join(",")}}`;
}

/**
 * Writes one line of CSV for people and other programs, as RFC 4180 wants it:
 * ended by `\r\n`, `null` an empty field, quotes only where needed.
 *
 * @param values The values, in the order of the columns.
 * @returns The line.
 *
 * @example Usage
 * ```ts
 * import { csvLine } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * assert.equal(csvLine(["a,b", null, true, 2]), '"a,b",,true,2\r\n');
 * ```
 */
export function csvLine(
  values: readonly (CsvValue | boolean | bigint)[],
): string {
  const fields = values.map((value) => {
    if (value === null) return "";
    const text = String(value);
    return NEEDS_QUOTES.test(text) ? quoted(text) : text;
  });
  return `${fields.join(",")}\r\n`;
}
