import { posix } from "node:path";
import type { Analysis, Entry } from "./_analyse.ts";
import type { PathStep, ScanEntry, ScanFinding } from "./types.ts";
import type { Frame } from "./_values.ts";
import type { Culprit } from "./_blame.ts";

/** A finding before allowances are looked at, with the file's full path. */
export interface FoundCulprit {
  readonly finding: Omit<ScanFinding, "fingerprint">;
  /** Absolute. */
  readonly file: string;
}

interface MergedEntry extends Omit<Entry, "by"> {
  frames: Frame[];
  by: Frame[];
}

const byPlace = (
  a: { file: string; line: number; label?: string },
  b: { file: string; line: number; label?: string },
) =>
  compareText(a.file, b.file) || a.line - b.line ||
  compareText(a.label ?? "", b.label ?? "");

/** Order of characters, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** One entry may be registered in many calls of one function. */
function merge(entries: readonly Entry[]): MergedEntry[] {
  const merged = new Map<string, MergedEntry>();
  for (const entry of entries) {
    const key = `${entry.kind} ${entry.label} ${entry.file}:${entry.line}`;
    let known = merged.get(key);
    if (known === undefined) {
      merged.set(key, known = { ...entry, frames: [], by: [] });
    }
    for (const frame of entry.frames) {
      if (!known.frames.includes(frame)) known.frames.push(frame);
    }
    if (entry.by !== null) known.by.push(entry.by);
  }
  return [...merged.values()].sort(byPlace);
}

interface Graph {
  /** Who calls a frame. */
  callers: Map<Frame, Frame[]>;
  /** Who calls a frame, or leaves it with the loop. */
  causes: Map<Frame, Frame[]>;
}

function graphOf({ facts }: Analysis): Graph {
  const callers = new Map<Frame, Frame[]>();
  const causes = new Map<Frame, Frame[]>();
  const add = (map: Map<Frame, Frame[]>, to: Frame, from: Frame) => {
    const known = map.get(to);
    if (known === undefined) map.set(to, [from]);
    else known.push(from);
  };
  for (const [frame, { edges, registrations }] of facts) {
    for (const { to } of edges) {
      add(callers, to, frame);
      add(causes, to, frame);
    }
    for (const { to } of registrations) {
      for (const one of to) add(causes, one, frame);
    }
  }
  return { callers, causes };
}

function reachable(
  from: Iterable<Frame>,
  next: (frame: Frame) => readonly Frame[],
): Set<Frame> {
  const found = new Set<Frame>();
  const queue = [...from];
  for (const frame of queue) {
    if (found.has(frame)) continue;
    found.add(frame);
    queue.push(...next(frame));
  }
  return found;
}

/** The frames that lead to a blocking call. */
function guiltyFrames({ facts }: Analysis, graph: Graph): Set<Frame> {
  const culprits: Frame[] = [];
  for (const [frame, facts1] of facts) {
    if (facts1.culprits.length > 0) culprits.push(frame);
  }
  return reachable(culprits, (frame) => graph.callers.get(frame) ?? []);
}

interface Reached {
  frame: Frame;
  culprit: Culprit;
  /** Frames on the way, each with the line that calls the next one. */
  way: { frame: Frame; line: number }[];
}

/** Blocking calls that an entry reaches, each by a shortest way. */
function reachedFrom(
  entry: MergedEntry,
  { facts }: Analysis,
  guilty: ReadonlySet<Frame>,
): Reached[] {
  const came = new Map<Frame, { from: Frame; line: number } | null>();
  const queue: Frame[] = [];
  for (const frame of entry.frames) {
    if (guilty.has(frame) && !came.has(frame)) {
      came.set(frame, null);
      queue.push(frame);
    }
  }
  const found: Reached[] = [];
  const told = new Set<unknown>();
  for (const frame of queue) {
    const own = facts.get(frame);
    if (own === undefined) continue;
    for (const culprit of own.culprits) {
      const key = `${culprit.api.id} ${culprit.line}:${culprit.column}`;
      const known = `${frame.fn.module.index} ${key}`;
      if (told.has(known)) continue;
      told.add(known);
      const way = [{ frame, line: culprit.line }];
      for (let at = came.get(frame); at; at = came.get(at.from)) {
        way.unshift({ frame: at.from, line: at.line });
      }
      found.push({ frame, culprit, way });
    }
    for (const { to, line } of own.edges) {
      if (!guilty.has(to) || came.has(to)) continue;
      came.set(to, { from: frame, line });
      queue.push(to);
    }
  }
  return found;
}

/** The one route that sets an entry up; null when it is none, or several. */
function routeOf(
  entry: MergedEntry,
  routes: readonly MergedEntry[],
  graph: Graph,
): string | null {
  if (entry.kind === "route") return entry.label;
  if (entry.kind === "middleware" || entry.kind === "serve") return null;
  const causes = reachable(entry.by, (frame) => graph.causes.get(frame) ?? []);
  const labels = new Set(
    routes.filter(({ frames }) => frames.some((frame) => causes.has(frame)))
      .map(({ label }) => label),
  );
  const [only] = labels;
  return labels.size === 1 ? only! : null;
}

/**
 * Puts together which blocking calls the loop reaches, and how.
 *
 * @param root Folder that paths are told from.
 */
export function findCulprits(
  analysis: Analysis,
  root: string,
): { found: FoundCulprit[]; entries: number } {
  const graph = graphOf(analysis);
  const guilty = guiltyFrames(analysis, graph);
  const all = merge(analysis.entries);
  const edgesOf = (frame: Frame) =>
    (analysis.facts.get(frame)?.edges ?? []).map(({ to }) => to);
  // What a handler hands to a package is told as the handler's.
  const handled = reachable(
    all.filter(({ kind }) => kind !== "callback").flatMap(({ frames }) =>
      frames
    ),
    edgesOf,
  );
  const functions = new Set([...handled].map(({ fn }) => fn));
  const entries = all.filter(({ kind, by, frames }) =>
    kind !== "callback" ||
    !by.every((frame) => handled.has(frame)) &&
      !frames.every(({ fn }) => functions.has(fn))
  );
  const routes = entries.filter(({ kind }) => kind === "route");
  const relative = (path: string) => posix.relative(root, path);
  const found: FoundCulprit[] = [];
  for (const entry of entries) {
    const reached = reachedFrom(entry, analysis, guilty);
    if (reached.length === 0) continue;
    const told: ScanEntry = {
      kind: entry.kind,
      route: routeOf(entry, routes, graph),
      label: entry.label,
      file: relative(entry.file),
      line: entry.line,
    };
    for (const { frame, culprit, way } of reached) {
      if (culprit.size === "under") continue;
      const { api } = culprit;
      const isFinding = api.byDefault &&
        (api.size === null || culprit.size === "over");
      const path = way.map(({ frame, line }): PathStep => ({
        function: frame.fn.name,
        file: relative(frame.fn.module.path),
        line,
      }));
      found.push({
        file: frame.fn.module.path,
        finding: {
          level: isFinding ? "finding" : "note",
          entry: told,
          api,
          path,
          culprit: { ...path.at(-1)!, column: culprit.column },
        },
      });
    }
  }
  return { found: found.sort(byCulprit), entries: entries.length };
}

function byCulprit({ finding: a }: FoundCulprit, { finding: b }: FoundCulprit) {
  return byPlace(a.culprit, b.culprit) || a.culprit.column - b.culprit.column ||
    a.path.length - b.path.length || byPlace(a.entry, b.entry);
}

/** Gives findings what they are known by when lines move. */
export function withFingerprints(
  findings: readonly Omit<ScanFinding, "fingerprint">[],
): ScanFinding[] {
  const counts = new Map<string, number>();
  return findings.map((finding) => {
    const { entry, path, api, culprit } = finding;
    const key = [
      `${entry.file} ${entry.kind} ${entry.label}`,
      ...path.map((step) => step.function),
      `${culprit.file} ${api.id}`,
    ].join(" > ");
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    return {
      fingerprint: count === 1 ? key : `${key} (${count})`,
      ...finding,
    };
  });
}
