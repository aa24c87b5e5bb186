import type { ScanFinding, ScanResult } from "./types.ts";

/**
 * Findings that are known and not yet mended: fingerprint to where the call
 * was when the baseline was made, for the reader. It may only shrink.
 */
export type ScanBaseline = Readonly<Record<string, string>>;

/** How a result and a baseline differ. */
export interface BaselineComparison {
  /** The result without what the baseline knows. */
  readonly result: ScanResult;
  /** How many findings the baseline knows. */
  readonly known: number;
  /** Fingerprints found no more: the baseline must shrink. */
  readonly gone: readonly string[];
}

/** Makes a baseline of what was found; notes are not kept. */
export function makeBaseline(
  { findings }: Pick<ScanResult, "findings">,
): ScanBaseline {
  const kept = findings.filter(({ level }) => level === "finding")
    .map(({ fingerprint, culprit }) =>
      [fingerprint, `${culprit.file}:${culprit.line}`] as const
    )
    .sort(([a], [b]) => a < b ? -1 : 1);
  return Object.fromEntries(kept);
}

/**
 * Reads the text of a baseline's file.
 *
 * @throws {SyntaxError} The text is no baseline.
 */
export function parseBaseline(text: string): ScanBaseline {
  const json: unknown = JSON.parse(text);
  if (
    json === null || typeof json !== "object" || Array.isArray(json) ||
    !Object.values(json).every((place) => typeof place === "string")
  ) {
    throw new SyntaxError(
      "Cannot read the baseline: it is no object of fingerprints",
    );
  }
  return json as ScanBaseline;
}

/** Puts a baseline as the text of its file. */
export function formatBaseline(baseline: ScanBaseline): string {
  return `${JSON.stringify(baseline, null, 2)}\n`;
}

/** Compares what is found with what was known. */
export function compareWithBaseline(
  result: ScanResult,
  baseline: ScanBaseline,
): BaselineComparison {
  const isKnown = ({ fingerprint }: ScanFinding) =>
    Object.hasOwn(baseline, fingerprint);
  const found = new Set(result.findings.map(({ fingerprint }) => fingerprint));
  const fresh = result.findings.filter((finding) => !isKnown(finding));
  return {
    result: { ...result, findings: fresh },
    known: result.findings.length - fresh.length,
    gone: Object.keys(baseline).filter((fingerprint) =>
      !found.has(fingerprint)
    ),
  };
}

/**
 * The baseline without what is gone. Nothing is ever added to one.
 *
 * @param gone Fingerprints.
 */
export function shrinkBaseline(
  baseline: ScanBaseline,
  gone: readonly string[],
): ScanBaseline {
  const dropped = new Set(gone);
  return Object.fromEntries(
    Object.entries(baseline).filter(([fingerprint]) =>
      !dropped.has(fingerprint)
    ),
  );
}
