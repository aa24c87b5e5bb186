const encoder = new TextEncoder();

/** PostgreSQL's `NAMEDATALEN - 1`: it cuts longer names off silently. */
export const MAX_IDENTIFIER_BYTES = 63;

/** Bytes of a name as PostgreSQL counts them (UTF-8). */
export function identifierBytes(name: string): number {
  return encoder.encode(name).length;
}

/**
 * Quotes a name so that it can stand in a statement as an identifier,
 * whatever characters it has.
 *
 * @example
 * ```ts
 * import { quoteIdentifier } from "@loophound/toolkit/sql";
 * import assert from "node:assert/strict";
 *
 * assert.equal(quoteIdentifier('5" disk'), '"5"" disk"');
 * ```
 *
 * @param name The name as it is, unquoted; a name, not a dotted path.
 * @returns The name in double quotes.
 * @throws {TypeError} The name is empty, has a NUL character or a lone
 * surrogate, or is longer than the 63 bytes that PostgreSQL keeps.
 */
export function quoteIdentifier(name: string): string {
  if (name === "") {
    throw new TypeError("Cannot quote identifier: the name is empty");
  }
  if (name.includes("\0") || !name.isWellFormed()) {
    throw new TypeError(
      `Cannot quote identifier ${
        JSON.stringify(name)
      }: it has a character that PostgreSQL cannot keep`,
    );
  }
  const bytes = identifierBytes(name);
  if (bytes > MAX_IDENTIFIER_BYTES) {
    throw new TypeError(
      `Cannot quote identifier "${name}": it has ${bytes} bytes, PostgreSQL keeps ${MAX_IDENTIFIER_BYTES}`,
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}
