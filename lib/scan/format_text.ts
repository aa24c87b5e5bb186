import type {
  AllowanceFinding,
  ScanFinding,
  ScanProblem,
  ScanResult,
} from "./types.ts";

/** Other entries told by name; more are counted. */
const MOST_ENTRIES = 5;

const WHAT: Readonly<Record<ScanFinding["api"]["kind"], string>> = {
  sync_io: "synchronous I/O",
  cpu: "computing",
  parked: "waiting",
  module_load: "loading code",
};

/** Findings by the call that they are about. */
function byCulprit(findings: readonly ScanFinding[]): ScanFinding[][] {
  const groups = new Map<string, ScanFinding[]>();
  for (const finding of findings) {
    const { api, culprit: { file, line, column } } = finding;
    const key = `${file}:${line}:${column} ${api.id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [finding]);
    else group.push(finding);
  }
  // The shortest way first: it is the one that is printed. Routes before what
  // comes from nobody in particular.
  const rank = ({ path, entry }: ScanFinding) =>
    path.length + (entry.kind === "route" ? 0 : 0.5);
  return [...groups.values()].map((group) =>
    group.toSorted((a, b) => rank(a) - rank(b))
  );
}

function entryText({ entry }: ScanFinding): string {
  const { kind, label, route, file, line } = entry;
  const what = kind === "route" ? label : `${kind} ${label}`;
  const of = route !== null && route !== label ? ` set up by ${route}` : "";
  return `${what}${of} (${file}:${line})`;
}

function groupText(group: readonly ScanFinding[]): string {
  const [first, ...others] = group as [ScanFinding, ...ScanFinding[]];
  const { api, culprit, level, entry, path } = first;
  const place = `${culprit.file}:${culprit.line}:${culprit.column}`;
  const note = level === "note" ? "note: " : "";
  const lines = [
    `${place}: ${note}${api.id} holds the loop in ${entry.label} (${
      WHAT[api.kind]
    })`,
    `    ${entryText(first)}`,
    ...path.map((step) => `    → ${step.function} (${step.file}:${step.line})`),
    `    → ${api.id}`,
  ];
  if (others.length > 0) {
    lines.push("  also from");
    for (const other of others.slice(0, MOST_ENTRIES)) {
      lines.push(`    ${entryText(other)}`);
    }
    const rest = others.length - MOST_ENTRIES;
    if (rest > 0) lines.push(`    and ${rest} more`);
  }
  lines.push(`  ${api.why}`, `  ${api.instead}`);
  return lines.join("\n");
}

function allowanceText({ file, line, message }: AllowanceFinding): string {
  return `${file}:${line}: loophound-allow: ${message}`;
}

function problemText({ file, line, column, message }: ScanProblem): string {
  return `${file}:${line}:${column}: not scanned: ${message}`;
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

function summary(
  { findings, allowances, problems, stats }: ScanResult,
): string {
  const notes = findings.filter(({ level }) => level === "note").length;
  const found = [count(findings.length - notes, "finding")];
  if (notes > 0) found.push(count(notes, "note"));
  if (stats.allowed > 0) found.push(`${stats.allowed} allowed`);
  if (allowances.length > 0) {
    found.push(`${count(allowances.length, "allowance")} to mend`);
  }
  if (problems.length > 0) found.push(count(problems.length, "problem"));
  const seen = [
    count(stats.files, "file"),
    count(stats.functions, "function"),
    count(stats.entries, "entry", "entries"),
  ];
  return `${found.join(", ")}; ${seen.join(", ")}`;
}

/**
 * Puts a result as text: a paragraph for each blocking call, with the shortest
 * way to it and the names of the other entries that reach it.
 */
export function formatText(result: ScanResult): string {
  return [
    ...byCulprit(result.findings).map(groupText),
    ...result.allowances.map(allowanceText),
    ...result.problems.map(problemText),
    summary(result),
  ].join("\n\n") + "\n";
}
