import { LoopBlockedError } from "./errors.ts";
import type { LoopViolation } from "./types.ts";

/** Frames shown of a stack. */
const FRAMES = 6;

/** Text of the source line that a violation is about, where it can be read. */
export type LineReader = (
  file: string,
  line: number,
) => Promise<string | null>;

/**
 * Makes the error of a test out of its violations.
 *
 * @param test The test's name.
 * @param readLine Finds the text of a line.
 */
export async function blockedError(
  test: string,
  violations: readonly LoopViolation[],
  { readLine = readSourceLine, late = false, noProfile = null }: {
    readLine?: LineReader;
    late?: boolean;
    /** Why the host tells of no function. */
    noProfile?: string | null;
  } = {},
): Promise<LoopBlockedError> {
  const details: string[] = [];
  for (const violation of violations) {
    const { culprit } = violation;
    const text = culprit === null
      ? null
      : await readLine(culprit.file, culprit.line);
    details.push(detailsOf(violation, text, noProfile));
  }
  const when = late ? "After its end test" : "Test";
  return new LoopBlockedError(
    `${when} "${test}" ${violations.map(headline).join("; and it ")}`,
    { test, violations, details: details.join("\n") },
  );
}

/** What was done, how long, and where. */
function headline(violation: LoopViolation): string {
  const { kind, api, cause, ms, count, limit, culprit } = violation;
  const times = count === 1 ? "" : `, ${count} times`;
  const where = culprit === null
    ? ""
    : ` in ${culprit.function} (${culprit.file}:${culprit.line}:${culprit.column})`;
  if (kind === "block") {
    const what = cause === null ? "" : `, ${CAUSES[cause]}`;
    return `held the loop for ${
      format(ms)
    } (budget ${limit} ms${what})${times}${where}`;
  }
  const facts = [
    ...(ms === null ? [] : [format(ms)]),
    ...(limit === 0 ? [] : [`${limit} allowed by the baseline`]),
  ];
  const brackets = facts.length === 0 ? "" : ` (${facts.join(", ")})`;
  return `called ${api}${brackets}${times}${where}`;
}

const CAUSES = {
  cpu: "computing",
  gc: "collecting garbage",
  module_load: "loading a module",
  parked: "waiting",
  sync_io: "synchronous input or output",
} as const;

function detailsOf(
  violation: LoopViolation,
  text: string | null,
  noProfile: string | null,
): string {
  const { culprit, stack, advice } = violation;
  const title = violation.kind === "block"
    ? `Held the loop for ${format(violation.ms)}`
    : `Called ${violation.api}`;
  return [
    `  ${title}:`,
    ...(culprit === null || text === null
      ? []
      : [`    ${culprit.line} | ${text}`]),
    ...(stack.length === 0
      ? [
        noProfile === null
          ? "    no function of the program had most of it"
          : `    in which function is not known: ${noProfile}`,
      ]
      : stack.slice(0, FRAMES).map((frame) => `    at ${frame}`)),
    `    ${advice}`,
  ].join("\n");
}

function format(ms: number | null): string {
  return ms === null ? "no time" : `${ms.toFixed(1)} ms`;
}

/** Null where there is no such file, or it may not be read. */
async function readSourceLine(
  file: string,
  line: number,
): Promise<string | null> {
  if (!file.startsWith("file:")) return null;
  try {
    const path = new URL(file);
    // Who may not read is not to be asked at a prompt.
    const { state } = await Deno.permissions.query({ name: "read", path });
    if (state !== "granted") return null;
    const lines = (await Deno.readTextFile(path)).split("\n");
    return lines[line - 1]?.trim() ?? null;
  } catch {
    return null;
  }
}
