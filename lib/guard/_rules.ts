import type { StackFrame } from "@loophound/toolkit/stack";
import { idMatcher, someFrameMatches } from "./_pattern.ts";
import type { Allowance, ApiPattern } from "./types.ts";

/** An allowance that has been read, or its opposite. */
export interface Rule {
  /** Null: the rule forbids. */
  allowance: Allowance | null;
  matchesApi(id: string): boolean;
  /** Milliseconds of `Date.now()`, Infinity: never. */
  expiresAt: number;
}

/**
 * Reads an allowance.
 *
 * @throws {TypeError} It has no reason, or its date or duration is none.
 */
export function allowing(allowance: Allowance): Rule {
  const { apis = "*", reason, expires, maxMs } = allowance;
  if (typeof reason !== "string" || reason.trim() === "") {
    throw new TypeError("Cannot allow synchronous calls: reason is empty");
  }
  const expiresAt = expires === undefined ? Infinity : Date.parse(expires);
  if (Number.isNaN(expiresAt)) {
    throw new TypeError(
      `Cannot allow "${reason}": expires "${expires}" is no ISO date`,
    );
  }
  if (maxMs !== undefined && !(maxMs > 0)) {
    throw new TypeError(
      `Cannot allow "${reason}": maxMs ${maxMs} is not above 0`,
    );
  }
  return { allowance, matchesApi: idMatcher(apis), expiresAt };
}

/** Makes the opposite of an allowance. */
export function forbidding(apis: ApiPattern | readonly ApiPattern[]): Rule {
  return { allowance: null, matchesApi: idMatcher(apis), expiresAt: Infinity };
}

/** What decides about a call. */
export interface Case {
  id: string;
  frames: () => readonly StackFrame[];
  /** Told of an allowance that would have counted, had it not expired. */
  onExpired: (allowance: Allowance) => void;
}

/**
 * Finds the rule that holds: the first that fits.
 *
 * @param rules Innermost first.
 * @returns The allowance, or null where nothing allows the call.
 */
export function allowanceFor(
  rules: Iterable<Rule>,
  { id, frames, onExpired }: Case,
): Allowance | null {
  for (const { allowance, matchesApi, expiresAt } of rules) {
    if (!matchesApi(id)) continue;
    if (allowance === null) return null;
    const { where } = allowance;
    if (where !== undefined && !someFrameMatches(frames(), where)) continue;
    if (Date.now() < expiresAt) return allowance;
    onExpired(allowance);
  }
  return null;
}
