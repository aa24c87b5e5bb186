import type { Hold } from "./_hold.ts";
import { waitsUnder } from "./_nesting.ts";

/** Holders that one message names. */
const namedInMessage = 3;
/** Holders that one report or row of statistics lists. */
export const listed = 10;

/** `12.0 s`. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `discogs`, or `hosts "api.discogs.com"`. */
export function labelOf(
  { limit, key }: { limit: { name: string }; key: string | null },
): string {
  return key === null ? limit.name : `${limit.name} "${key}"`;
}

/** The first of a list of holders, those who hold longest being first. */
export function heldBy(
  holds: Iterable<Hold>,
  now: number,
): { holder: string; ms: number }[] {
  const rows: { holder: string; ms: number }[] = [];
  for (const { holder, since } of holds) {
    if (rows.length === listed) break;
    rows.push({ holder, ms: Math.round(now - since) });
  }
  return rows;
}

/** What a hold's own work waits for, if it waits. */
export function waitsFor(hold: Hold): string | null {
  const [first] = waitsUnder(hold);
  return first === undefined ? null : labelOf(first);
}

/**
 * `, held by job 41 for 14.2 s, which waits for database`, or nothing. Permits
 * of the same name are one entry: `by report (8 times) for 14.2 s`.
 */
export function heldByText(holds: readonly Hold[], now: number): string {
  if (holds.length === 0) return "";
  const entries = new Map<
    string,
    { hold: Hold; waits: string; count: number }
  >();
  for (const hold of holds) {
    const label = waitsFor(hold);
    const waits = label === null ? "" : `, which waits for ${label}`;
    const entry = entries.get(hold.holder + waits);
    if (entry !== undefined) entry.count++;
    else entries.set(hold.holder + waits, { hold, waits, count: 1 });
  }
  const first = [...entries.values()].slice(0, namedInMessage);
  const named = first.map(({ hold, waits, count }) => {
    const times = count === 1 ? "" : ` (${count} times)`;
    const ms = now - hold.since;
    return `by ${hold.holder}${times} for ${seconds(ms)}${waits}`;
  });
  const others = first.reduce((left, { count }) => left - count, holds.length);
  if (others > 0) {
    named.push(`by ${others} ${others === 1 ? "other" : "others"}`);
  }
  return `, held ${named.join("; ")}`;
}
