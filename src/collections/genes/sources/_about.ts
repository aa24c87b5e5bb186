import { InputError } from "../../../load_input.ts";
import { jsonText } from "./_json_text.ts";
import { isTooLong, NAME_BYTES } from "./_limits.ts";

/**
 * The id of a file that stands beside its `genes`: which evidence it replaces.
 *
 * @throws {InputError} It is not there, or cannot be one.
 */
export function aboutId(
  about: Readonly<Record<string, unknown>>,
  name: string,
): string {
  const value = about[name];
  const id = typeof value === "number" ? String(value) : value;
  if (typeof id !== "string" || id.trim() === "") {
    throw new InputError(
      `Cannot load the file: it has no "${name}" beside "genes"`,
    );
  }
  if (isTooLong(id, NAME_BYTES) || jsonText(id) === undefined) {
    throw new InputError(
      `Cannot load the file: ${name} ${
        JSON.stringify(id.slice(0, 40))
      } is no id (at most ${NAME_BYTES} bytes of plain text)`,
    );
  }
  return id.trim();
}

/** Members that stand beside `genes`, as far as they can be stored. */
export function aboutMembers(
  about: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(
    names.map((name) => [name, about[name] ?? null] as const)
      .map(([name, value]) => [
        name,
        jsonText(value) === undefined ? null : value,
      ]),
  );
}
