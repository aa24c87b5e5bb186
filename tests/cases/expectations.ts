/**
 * What each detector is expected to tell of a case: what it sees by the way it
 * works, and what a case says of itself.
 *
 * @module
 */
import { blockingApisById } from "@loophound/toolkit/blocking_apis";
import type { BlockCase, Case, Detector, Miss } from "./case.ts";

/** A reason that holds for many cases. */
interface Rule {
  detectors: readonly Detector[];
  applies(it: BlockCase): boolean;
  miss: Miss;
}

/** Whether the loop is held before the handler first gives it back. */
export function inFirstStretch({ where, start }: BlockCase): boolean {
  return start === undefined && where === "first stretch";
}

const RULES: readonly Rule[] = [
  {
    detectors: ["light", "exact"],
    applies: () => true,
    miss: { what: "line", why: "without a profile it knows no lines" },
  },
  {
    detectors: ["exact"],
    applies: ({ start, cause }) => start !== undefined && cause === "parked",
    miss: {
      what: "report",
      why:
        "a thread that waits outside any handler looks like a machine that is busy elsewhere",
    },
  },
  {
    detectors: ["light"],
    applies: (it) => it.cause === "parked" && !inFirstStretch(it),
    miss: {
      what: "report",
      why:
        "after an await it has only the ticker, to which a thread that waits looks like a busy machine",
    },
  },
  {
    detectors: ["guard"],
    applies: ({ api }) =>
      api !== null && blockingApisById.get(api)?.nature === "in_name_only",
    miss: {
      what: "report",
      why:
        "asynchronous in name only: the call returns at once and holds the loop later",
    },
  },
  {
    detectors: ["lint"],
    applies: ({ api }) => {
      const listed = api === null ? undefined : blockingApisById.get(api);
      return listed !== undefined &&
        (listed.size !== null || !listed.byDefault);
    },
    miss: {
      what: "report",
      why:
        "only a large input holds the loop, and its size is not in the source",
    },
  },
  {
    detectors: ["guard", "scan", "lint"],
    applies: ({ api }) => api === null,
    miss: {
      what: "report",
      why: "computing of one's own: no call of the list is made",
    },
  },
];

/**
 * What a detector cannot tell of a case; null when it is expected to tell all
 * that it can tell of any.
 */
export function missOf(it: Case, detector: Detector): Miss | null {
  const own = it.misses?.[detector];
  if (own !== undefined) return own;
  if (it.innocent) return null;
  const found = RULES.filter((rule) =>
    rule.detectors.includes(detector) && rule.applies(it)
  ).map(({ miss }) => miss);
  // Nothing is worse than no report at all.
  return found.find(({ what }) => what === "report") ??
    found.find(({ what }) => what === "route") ?? found[0] ?? null;
}

/** Whether a detector is expected to report a case at all. */
export function isExpected(it: Case, detector: Detector): boolean {
  return !it.innocent && missOf(it, detector)?.what !== "report";
}
