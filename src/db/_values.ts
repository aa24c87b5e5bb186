import { Buffer } from "node:buffer";
import pg from "pg";
import type { TextValue } from "./_wire_write.ts";

type Parser = (text: string) => unknown;

/** A number where it is exact, else its digits: JSON can carry both. */
function integerOf(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}

/** `pg` takes any type's number, its types know a few. */
const parserOfPg = pg.types.getTypeParser as (
  type: number,
  format: "text" | "binary",
) => Parser;

function textsOf(text: string): unknown[] {
  return parserOfPg(1009, "text")(text) as unknown[];
}

function mapDeep(values: unknown[], map: Parser): unknown[] {
  return values.map((value) =>
    Array.isArray(value)
      ? mapDeep(value, map)
      : value === null
      ? null
      : map(value as string)
  );
}

/**
 * Where the light lane differs from `npm:pg`: `bigint` is a number when that
 * is exact (pg: always text), a `date` stays the text it is (pg: midnight in
 * the server's own time zone), an interval stays text (pg: an object).
 */
const own: Record<number, Parser> = {
  20: integerOf,
  1016: (text) => mapDeep(textsOf(text), integerOf),
  1082: (text) => text,
  1182: textsOf,
  1186: (text) => text,
  1187: textsOf,
};

/** The parser of a type's text form, the same on both engines. */
export function parserOf(type: number): Parser {
  return own[type] ?? parserOfPg(type, "text");
}

/** For `types` of a `pg` client or pool. */
export const valueTypes = {
  getTypeParser(type: number, format?: "text" | "binary"): Parser {
    return format === "binary" ? parserOfPg(type, "binary") : parserOf(type);
  },
};

function arrayLiteral(values: readonly unknown[]): string {
  const parts = values.map((value) => {
    if (value === null || value === undefined) return "NULL";
    if (Array.isArray(value)) return arrayLiteral(value);
    const text = textValue(value) ?? "";
    return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  });
  return `{${parts.join(",")}}`;
}

/** A parameter as text, by the rules of `npm:pg`. */
export function textValue(value: unknown): TextValue {
  if (value === null || value === undefined) return null;
  switch (typeof value) {
    case "string":
      return value;
    case "number":
    case "bigint":
    case "boolean":
      return String(value);
  }
  if (value instanceof Date) return value.toISOString();
  if (ArrayBuffer.isView(value)) {
    return `\\x${
      Buffer.from(value.buffer, value.byteOffset, value.byteLength)
        .toString("hex")
    }`;
  }
  if (Array.isArray(value)) return arrayLiteral(value);
  return JSON.stringify(value);
}

/** All parameters of a statement as text. */
export function textValues(
  values: readonly unknown[] | undefined,
): TextValue[] {
  return values === undefined ? [] : values.map(textValue);
}
