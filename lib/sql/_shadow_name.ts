import { identifierBytes, MAX_IDENTIFIER_BYTES } from "./quote_identifier.ts";

/** FNV-1a of the name's UTF-16 code units: tells cut-off names apart. */
function hash8(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** The longest start of `text` of at most `bytes` bytes, in whole characters. */
function cut(text: string, bytes: number): string {
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += identifierBytes(character);
    if (used > bytes) break;
    kept += character;
  }
  return kept;
}

/**
 * Checks the id of a publication: it becomes part of table names.
 *
 * @throws {TypeError} It is not 1 to 40 lower-case letters and digits.
 */
export function checkPublicationId(id: string): void {
  if (!/^[a-z0-9]{1,40}$/.test(id)) {
    throw new TypeError(
      `Cannot begin publication "${id}": an id has 1 to 40 lower-case letters and digits`,
    );
  }
}

/**
 * `<table>__<id>`; where that is longer than PostgreSQL keeps, the table's
 * name is cut and a hash of the whole of it put behind.
 */
export function shadowName(table: string, id: string): string {
  const name = `${table}__${id}`;
  if (identifierBytes(name) <= MAX_IDENTIFIER_BYTES) return name;
  const rest = `_${hash8(table)}__${id}`;
  return cut(table, MAX_IDENTIFIER_BYTES - rest.length) + rest;
}
