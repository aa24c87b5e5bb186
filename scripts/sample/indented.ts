/**
 * JSON by lines, two spaces a level, as the formatter of the repository leaves
 * it: the bundled sample stays what this script writes.
 *
 * @param spaces How far all of it is indented.
 */
export function indented(value: unknown, spaces: number): string {
  const margin = " ".repeat(spaces);
  return margin +
    JSON.stringify(value, null, 2).replaceAll("\n", `\n${margin}`);
}
