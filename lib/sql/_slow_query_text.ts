const PREVIEW = 200;

/** The beginning of the SQL on one line. Parameters are never part of it. */
export function previewOf(sql: string): string {
  // A bulk insert may be megabytes long: only its beginning is looked at.
  const line = sql.slice(0, 20 * PREVIEW).replace(/\s+/g, " ").trim();
  return line.length <= PREVIEW ? line : `${line.slice(0, PREVIEW - 1)}…`;
}

/** FNV-1a over the statement's shape. */
function hashOf(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/**
 * A name for a statement that has none: its verb, first table, and a hash of
 * its shape, the same whatever literals and however many placeholders it has.
 */
export function fingerprintOf(sql: string): string {
  const shape = sql.slice(0, 4000).replace(/'(?:[^']|'')*'/g, "?")
    .replace(/\$\d+|\b\d+(?:\.\d+)?\b/g, "?")
    .replace(/\?(?:\s*,\s*\?)+/g, "?")
    .replace(/\(\?\)(?:\s*,\s*\(\?\))+/g, "(?)")
    .replace(/\s+/g, " ").trim().toLowerCase();
  const verb = /^\w+/.exec(shape)?.[0] ?? "query";
  const table = /\b(?:from|into|update|table|copy)\s+"?([\w.]+)"?/.exec(shape)
    ?.[1];
  return `${verb}${table === undefined ? "" : ` ${table}`} #${hashOf(shape)}`;
}

/** The name of a query, as given, else as its SQL says. */
export function nameOf(
  name: string | (() => string | null) | null | undefined,
  sql: string,
): string {
  const given = typeof name === "function" ? name() : name;
  return given ? given : fingerprintOf(sql);
}
