import { findInvalidUtf8, NUL, separatorCode } from "./_bytes.ts";
import { FieldText } from "./_field_text.ts";
import { QUOTED, RecordScanner } from "./_record_scanner.ts";
import { floatFault } from "./numbers.ts";

/** What {@linkcode sniff} makes of a sample. */
export interface Sniffed {
  /**
   * By byte order mark or content; `binary` holds NUL bytes, `unknown` is
   * text in some 8-bit code. Only `utf-8` can be loaded.
   */
  encoding: "utf-8" | "utf-16le" | "utf-16be" | "binary" | "unknown";
  /** `,` when nothing tells. */
  separator: "," | "\t" | ";" | "|";
  /** The first record looks like names of columns. */
  header: boolean;
  /** Fields may be quoted with `"`. */
  quote: boolean;
}

const SEPARATORS = [",", "\t", ";", "|"] as const;
const MAX_RECORDS = 100;
/** The longest UTF-8 sequence is 4 bytes: so many can be cut off at the end. */
const MAX_CUT = 3;

interface Layout {
  separator: Sniffed["separator"];
  quote: boolean;
  records: string[][];
  /** Share of the records with the most frequent number of fields. */
  share: number;
  /** That number. */
  columns: number;
}

/**
 * Guesses how a delimited text is written, from its first bytes (64 KiB are
 * plenty). The rules are few:
 *
 * - The separator is the one of `,` tab `;` `|` by which most records have the
 *   same number of fields, at least two; then the one that makes more fields.
 * - Fields may be quoted unless that makes a fault; with tabs only if a field
 *   really is.
 * - There is a header if no field of the first record is empty, repeated or a
 *   number, and in some column most of the later fields are numbers.
 *
 * Lines that start with `#` and a record cut off at the end are left out.
 *
 * @param sample The first bytes of the decompressed file.
 * @returns The guess.
 *
 * @example Usage
 * ```ts
 * import { sniff } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const sample = new TextEncoder().encode("symbol\ttpm\nPKD1\t3.5\n");
 * assert.deepEqual(sniff(sample), {
 *   encoding: "utf-8",
 *   separator: "\t",
 *   header: true,
 *   quote: false,
 * });
 * ```
 */
export function sniff(sample: Uint8Array): Sniffed {
  const encoding = sniffEncoding(sample);
  const text = encoding === "utf-8" && hasBom(sample, [0xef, 0xbb, 0xbf])
    ? sample.subarray(3)
    : sample;
  let best: Layout | undefined;
  for (const separator of SEPARATORS) {
    const layout = layOut(text, separator);
    if (layout === undefined || layout.columns < 2) continue;
    const better = best === undefined || layout.share > best.share ||
      (layout.share === best.share && layout.columns > best.columns);
    if (better) best = layout;
  }
  best ??= layOut(text, ",");
  return {
    encoding,
    separator: best?.separator ?? ",",
    header: best !== undefined && hasHeader(best.records),
    quote: best?.quote ?? true,
  };
}

function hasBom(sample: Uint8Array, bom: readonly number[]): boolean {
  return bom.every((byte, at) => sample[at] === byte);
}

function sniffEncoding(sample: Uint8Array): Sniffed["encoding"] {
  if (hasBom(sample, [0xff, 0xfe])) return "utf-16le";
  if (hasBom(sample, [0xfe, 0xff])) return "utf-16be";
  if (sample.includes(NUL)) return "binary";
  const invalid = findInvalidUtf8(sample, 0, sample.length);
  const cut = invalid >= sample.length - MAX_CUT && sample[invalid]! >= 0xc2;
  return invalid < 0 || cut ? "utf-8" : "unknown";
}

function layOut(
  sample: Uint8Array,
  separator: Sniffed["separator"],
): Layout | undefined {
  const quoted = readRecords(sample, separator, true);
  const found = quoted ?? readRecords(sample, separator, false);
  if (found === undefined || found.records.length === 0) return undefined;
  const { records } = found;
  const counts = new Map<number, number>();
  for (const { length } of records) {
    counts.set(length, (counts.get(length) ?? 0) + 1);
  }
  const [columns, count] = [...counts].reduce((a, b) => b[1] > a[1] ? b : a);
  return {
    separator,
    quote: quoted !== undefined && (separator !== "\t" || quoted.anyQuoted),
    records,
    share: count / records.length,
    columns,
  };
}

/** The first records, or `undefined` if they are broken when read like this. */
function readRecords(
  sample: Uint8Array,
  separator: Sniffed["separator"],
  quote: boolean,
): { records: string[][]; anyQuoted: boolean } | undefined {
  const scanner = new RecordScanner({
    separator: separatorCode(separator),
    quote,
    trim: false,
    maxRecordBytes: Infinity,
    refuseEndMarker: false,
  });
  const text = new FieldText(sample);
  const records: string[][] = [];
  let anyQuoted = false;
  try {
    for (let at = 0; records.length < MAX_RECORDS && at < sample.length;) {
      let next = scanner.scan(sample, at, false);
      // A single record without an end is all there is.
      if (next < 0 && records.length === 0) {
        next = scanner.scan(sample, at, true);
      }
      if (next < 0) break;
      const comment = sample[at] === 35;
      if (scanner.count > 0 && !comment) {
        anyQuoted ||= scanner.flags.subarray(0, scanner.count)
          .some((flags) => (flags & QUOTED) !== 0);
        records.push(text.fields(scanner));
      }
      at = next;
    }
  } catch {
    return undefined;
  }
  return { records, anyQuoted };
}

function isNumber(text: string | undefined): boolean {
  const bytes = new TextEncoder().encode(text?.trim());
  return floatFault(bytes, 0, bytes.length) !== "not a number";
}

function hasHeader(records: readonly string[][]): boolean {
  const [first, ...rest] = records;
  if (first === undefined || rest.length === 0) return false;
  const names = new Set(first.map((name) => name.trim()));
  if (names.size < first.length || names.has("")) return false;
  if (first.some(isNumber)) return false;
  return first.some((_, column) => {
    const values = rest.map((record) => record[column]).filter(Boolean);
    const numbers = values.filter(isNumber).length;
    return numbers > 0 && numbers * 2 > values.length;
  });
}
