// Quoted identifiers, E'' and '' strings are skipped: a table may be called
// "from stdin".
const FROM_STDIN =
  /"(?:[^"]|"")*"|\be'(?:[^'\\]|''|\\[^])*'|'(?:[^']|'')*'|\bfrom\s+stdin\b/gi;

/**
 * Rewrites `COPY … FROM STDIN` to `COPY … FROM '/dev/blob'`: PGlite has no
 * COPY protocol and reads the blob that goes along with the query instead.
 *
 * @example
 * ```ts
 * import { copyFromBlob } from "@loophound/toolkit/sql";
 * import assert from "node:assert/strict";
 *
 * assert.equal(
 *   copyFromBlob('copy "t" from stdin (format csv)'),
 *   `copy "t" from '/dev/blob' (format csv)`,
 * );
 * ```
 *
 * @param sql The statement, written with `FROM STDIN`.
 * @returns The statement for PGlite.
 * @throws {TypeError} The statement does not copy from STDIN.
 */
export function copyFromBlob(sql: string): string {
  let found = false;
  const translated = sql.replace(FROM_STDIN, (match) => {
    if (!/^from/i.test(match)) return match;
    found = true;
    return "from '/dev/blob'";
  });
  if (!found) {
    throw new TypeError(
      `Cannot copy bytes with "${
        sql.slice(0, 200)
      }": it does not say FROM STDIN`,
    );
  }
  return translated;
}
