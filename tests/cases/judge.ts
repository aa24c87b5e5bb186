/** Compares what a detector reported with what a case says. */
import { type BlockCase, requestsOf, routesOf } from "./case.ts";
import type { Place } from "./labels.ts";
import type { Found, Stall } from "./protocol.ts";

/** One run of a case. */
export interface Run {
  reports: Found[];
  stalls: Stall[];
}

/** What came of one occurrence of a block. */
export interface Verdict {
  found: boolean;
  /** Of the report that fits best. */
  route: boolean;
  line: boolean;
  function: boolean;
  cause: boolean;
  /** From the end of the stall to the report; negative: during it. */
  latencyMs: number | null;
  /** For how long the loop was held in fact. */
  stallMs: number;
  /** Reports that blame somebody else. */
  falseAlarms: Found[];
}

/** Name without class and `#`; null for what has none. */
export function plainName(name: string | null): string | null {
  if (name === null || /anonymous/.test(name) || name === "") return null;
  return name.split(".").at(-1)!.replace(/^#|^(?:async|new|get|set) /, "");
}

/** Whether a report names one of these lines. */
export function isAt(
  { file, line }: Pick<Found, "file" | "line">,
  places: readonly Place[],
): boolean {
  if (file === null) return false;
  const name = file.split("/").at(-1)!.replace(/\.m?[jt]s$/, "");
  return places.some((place) =>
    place.line === line && place.file.replace(/\.m?[jt]s$/, "") === name
  );
}

function longest<T>(all: readonly T[], size: (it: T) => number): T | undefined {
  let best: T | undefined;
  for (const it of all) {
    if (best === undefined || size(it) > size(best)) best = it;
  }
  return best;
}

/**
 * Of the place that held the loop for longest, all reports of it taken
 * together, the longest report.
 */
function heaviest(reports: readonly Found[]): Found | undefined {
  const byPlace = Map.groupBy(
    reports,
    ({ route, file, line }) => `${route} ${file}:${line}`,
  );
  const place = longest(
    [...byPlace.values()],
    (all) => all.reduce((sum, { ms }) => sum + (ms ?? 0), 0),
  );
  return longest(place ?? [], ({ ms }) => ms ?? 0);
}

/** Judges one run of a block. */
export function judge(
  label: BlockCase,
  places: readonly Place[],
  { reports, stalls }: Run,
): Verdict {
  const routes = routesOf(label);
  const others = new Set(
    requestsOf(label).map(({ method, path }) => `${method} ${path}`),
  );
  for (const route of routes) others.delete(route!);
  const victims = reports.filter(({ route }) =>
    route !== null && !routes.includes(route) && others.has(route)
  );
  const rest = reports.filter((it) => !victims.includes(it));
  const best = heaviest(rest);
  const stall = longest(stalls, ({ from, to }) => to - from);
  const ended = stalls.at(-1)?.to;
  return {
    found: best !== undefined,
    route: best !== undefined && routes.includes(best.route),
    line: best !== undefined && isAt(best, places),
    function: best !== undefined &&
      plainName(best.function) === plainName(label.function),
    cause: best !== undefined && best.cause === label.cause,
    latencyMs: best === undefined || ended === undefined
      ? null
      : best.at - (stalls.findLast(({ from }) => from <= best.at)?.to ?? ended),
    stallMs: stall === undefined ? 0 : stall.to - stall.from,
    falseAlarms: victims,
  };
}
