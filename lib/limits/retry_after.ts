const SECONDS = /^\d+(?:\.\d+)?$/;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
// The three ways to write a date in HTTP (RFC 9110, 5.6.7). `Date.parse()`
// takes far more ("room 5" is a day of 2001), and reads the last of these in
// the machine's own time zone.
const DATES = [
  /^\w{3}, (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<h>\d\d):(?<m>\d\d):(?<s>\d\d) GMT$/,
  /^\w{6,9}, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<h>\d\d):(?<m>\d\d):(?<s>\d\d) GMT$/,
  /^\w{3} (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<h>\d\d):(?<m>\d\d):(?<s>\d\d) (?<year>\d{4})$/,
];

/** Options of {@linkcode parseRetryAfter}. */
export interface ParseRetryAfterOptions {
  /**
   * The time that a date is compared with, milliseconds since 1970.
   *
   * @default {Date.now()}
   */
  now?: number;
}

/**
 * Reads the header `Retry-After`: a number of seconds or an HTTP date.
 *
 * @param value The header's value; null where there is none.
 * @returns Milliseconds from now, 0 for a date that has passed, or `undefined`
 * if there is no header or it says neither.
 *
 * @example Usage
 * ```ts
 * import { parseRetryAfter } from "@loophound/toolkit/limits";
 * import assert from "node:assert/strict";
 *
 * const now = Date.UTC(2026, 0, 1);
 * assert.equal(parseRetryAfter("120"), 120_000);
 * assert.equal(parseRetryAfter("Thu, 01 Jan 2026 00:00:05 GMT", { now }), 5_000);
 * assert.equal(parseRetryAfter("soon"), undefined);
 * ```
 */
export function parseRetryAfter(
  value: string | null | undefined,
  { now = Date.now() }: ParseRetryAfterOptions = {},
): number | undefined {
  const text = value?.trim() ?? "";
  if (SECONDS.test(text)) return Number(text) * 1_000;
  const time = parseHttpDate(text, now);
  return time === undefined ? undefined : Math.max(0, time - now);
}

function parseHttpDate(text: string, now: number): number | undefined {
  for (const pattern of DATES) {
    const parts = pattern.exec(text)?.groups;
    if (parts === undefined) continue;
    const month = MONTHS.indexOf(parts["month"]!);
    const [day, h, m, s] = ["day", "h", "m", "s"].map((p) => Number(parts[p]));
    const year = fullYear(parts["year"]!, now);
    if (month === -1) return undefined;
    const date = new Date(Date.UTC(year, month, day, h, m, s));
    // Not "31 Feb", not "24:00:00"; a leap second is one second later.
    const exists = date.getUTCDate() === day && date.getUTCHours() === h;
    if (exists || s === 60) return date.getTime();
  }
  return undefined;
}

/** Two digits mean the year that is at most 50 years ahead. */
function fullYear(text: string, now: number): number {
  const year = Number(text);
  if (text.length === 4) return year;
  const thisYear = new Date(now).getUTCFullYear();
  const guess = thisYear - (thisYear % 100) + year;
  return guess > thisYear + 50 ? guess - 100 : guess;
}
