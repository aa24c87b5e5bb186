import { captureStack } from "@loophound/toolkit/stack";
import { Script } from "node:vm";

// deno-lint-ignore no-explicit-any -- passes on whatever it is given
type Any = (...args: any[]) => any;

const CODE = "(fn, args) => fn(...args)";

/**
 * Calls a function as if the call stood where the toolkit was called from.
 *
 * Deno tells of a test where `Deno.test` was called, which would be this
 * toolkit for each of them. So the call is made by a script that claims to be
 * at the user's line. Its position is one of the source, which must not be
 * mapped to the source again: a letter of the file's name is escaped, and Deno
 * knows no map of a file of such a name, but shows it unescaped.
 */
export function callFromUser<F extends Any>(
  fn: F,
  args: readonly unknown[],
): ReturnType<F> {
  const [frame] = captureStack(1);
  const relay = frame === undefined ? null : relayAt(frame);
  return relay === null ? fn(...args) : relay(fn, args);
}

function relayAt(
  { file, line, column }: { file: string; line: number; column: number },
): ((fn: Any, args: readonly unknown[]) => never) | null {
  if (!file.startsWith("file:")) return null;
  // The first one: coverage is to know the file for a test by its ending.
  const escaped = file.replace(
    /(?<=\/)\w(?=[^/]*$)/,
    (letter) => `%${letter.charCodeAt(0).toString(16)}`,
  );
  if (escaped === file) return null;
  try {
    return new Script(CODE, {
      filename: escaped,
      lineOffset: line - 1,
      columnOffset: column - 1 - CODE.indexOf("fn(...args)"),
    }).runInThisContext() as never;
  } catch {
    // A host without scripts: the line is only for reading.
    return null;
  }
}
