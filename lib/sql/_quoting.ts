import { quoteIdentifier } from "./quote_identifier.ts";

/** A string as an SQL literal, whatever `standard_conforming_strings` says. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll("\\", "\\\\")}'`;
  return text.includes("\\") ? ` E${quoted}` : quoted;
}

/** `"a", "b"`, or with an alias `r."a", r."b"`. */
export function columnList(names: readonly string[], alias?: string): string {
  const prefix = alias === undefined ? "" : `${alias}.`;
  return names.map((name) => prefix + quoteIdentifier(name)).join(", ");
}

/** `a."k" = b."k" and …`: rows of the same key. */
export function sameKey(
  key: readonly string[],
  [a, b]: readonly [string, string],
): string {
  return key.map((name) => {
    const quoted = quoteIdentifier(name);
    return `${a}.${quoted} = ${b}.${quoted}`;
  }).join(" and ");
}

/** A table named so that the catalogue functions find what a query would. */
export function regclass(table: string): string {
  return `${quoteLiteral(quoteIdentifier(table))}::regclass`;
}

/**
 * Whether the values of two rows differ in any byte: `*<>` knows every type
 * (json too), and 1.0 from 1.00. The types of both rows must be the same. The
 * cast keeps `row() *<> row()` from being read column by column.
 */
export function rowsDiffer(
  values: readonly string[],
  [a, b]: readonly [string, string],
): string {
  if (values.length === 0) return "false";
  return `row(${columnList(values, a)})::record *<> row(${
    columnList(values, b)
  })::record`;
}
