/** `\u0000` and half of a surrogate pair, as `JSON.stringify` writes them. */
const NOT_STORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * A JSON value as text for a `jsonb` column; undefined if it holds a NUL or
 * half of a surrogate pair, which PostgreSQL has no text for.
 */
export function jsonText(value: unknown): string | undefined {
  const text = JSON.stringify(value);
  return NOT_STORABLE.test(text) ? undefined : text;
}

/** The start of a value, for a report. */
export function jsonExcerpt(value: unknown): string {
  return JSON.stringify(value).slice(0, 200);
}

/** The parts of a zod error that say what is wrong, as a short phrase. */
export function reasonOf(
  error: { issues: readonly { path: PropertyKey[]; message: string }[] },
): string {
  const issue = error.issues[0];
  if (issue === undefined) return "is not valid";
  // Indexes would make a reason of their own of every place in a list.
  const path = issue.path.filter((key) => typeof key === "string").join(".");
  return path === "" ? issue.message : `${path}: ${issue.message}`;
}
