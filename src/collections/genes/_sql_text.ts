/** A text as an SQL literal, for statements that take no parameters. */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) {
    throw new TypeError(
      `Cannot quote ${JSON.stringify(text)}: PostgreSQL text holds no NUL`,
    );
  }
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** `expression in (…)`, also for an empty list. */
export function inList(expression: string, texts: readonly string[]): string {
  return texts.length === 0
    ? "false"
    : `${expression} in (${texts.map(quoteLiteral).join(", ")})`;
}
