import type { ApiPattern, CallerPattern } from "./types.ts";
import type { StackFrame } from "@loophound/toolkit/stack";

/** Makes a test of ids out of patterns. */
export function idMatcher(
  patterns: ApiPattern | readonly ApiPattern[],
): (id: string) => boolean {
  const tests = (Array.isArray(patterns) ? patterns : [patterns]).map(toRegExp);
  // `search` ignores `lastIndex`, which a pattern with the flag `g` keeps.
  return (id) => tests.some((test) => id.search(test) >= 0);
}

function toRegExp(pattern: ApiPattern): RegExp {
  if (pattern instanceof RegExp) return pattern;
  const parts = pattern.split("*").map((part) =>
    part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&")
  );
  return new RegExp(`^${parts.join(".*")}$`);
}

/** Whether one of the frames matches all that the pattern says. */
export function someFrameMatches(
  frames: readonly StackFrame[],
  where: CallerPattern,
): boolean {
  return frames.some((frame) =>
    (where.file === undefined || fileMatches(frame.file, where.file)) &&
    (where.function === undefined ||
      functionMatches(frame.function, where.function))
  );
}

function fileMatches(file: string, pattern: string | RegExp): boolean {
  return typeof pattern === "string"
    ? file.includes(pattern)
    : file.search(pattern) >= 0;
}

function functionMatches(name: string, pattern: string | RegExp): boolean {
  if (typeof pattern !== "string") return name.search(pattern) >= 0;
  return name === pattern || name.endsWith(`.${pattern}`);
}
