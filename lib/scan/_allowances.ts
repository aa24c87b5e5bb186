/**
 * `// loophound-allow node:fs.readFileSync: reason (until 2027-01-01)`: on the
 * line of the call, or in the comment lines right above it.
 *
 * @module
 */
import { blockingApisById } from "@loophound/toolkit/blocking_apis";
import { posix } from "node:path";
import type { ModuleInfo } from "./_facts.ts";
import type { FoundCulprit } from "./_findings.ts";
import type { AllowanceFinding } from "./types.ts";

const MARK = "loophound-allow";
/** `loophound-allow id until 2027-01-31: reason`; an id has colons too. */
const FORM =
  /^\s*\*?\s*loophound-allow(?:\s+(\S+?))?(?:\s+until\s+(\S+?))?(?::(?:\s+|$)|\s+|$)(.*)$/s;
const UNTIL = /\(?,?\s*\buntil\s+([\w-]+)\)?\s*\.?\s*$/;

interface Allowance {
  file: string;
  line: number;
  /** Lines of code that it covers. */
  from: number;
  to: number;
  id: string;
  reason: string;
  until: string | null;
  used: boolean;
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) &&
    date.toISOString().startsWith(text);
}

function readAllowances({ comments, path }: ModuleInfo): Allowance[] {
  const found: Allowance[] = [];
  for (const [index, comment] of comments.entries()) {
    if (!comment.value.includes(MARK)) continue;
    const match = FORM.exec(comment.value);
    if (match === null || !comment.loc) continue;
    const [, id = "", early, rest = ""] = match;
    const late = UNTIL.exec(rest);
    // The comment may go on for a few lines, with others after it.
    let end = comment.loc.end.line;
    for (const next of comments.slice(index + 1)) {
      if (next.loc?.start.line !== end + 1) break;
      end = next.loc.end.line;
    }
    found.push({
      file: path,
      line: comment.loc.start.line,
      from: comment.loc.start.line,
      to: end + 1,
      id: id.replace(/:$/, ""),
      reason: (late === null ? rest : rest.slice(0, late.index)).trim(),
      until: early?.replace(/:$/, "") ?? late?.[1] ?? null,
      used: false,
    });
  }
  return found;
}

function problemOf(
  { id, reason, until, used }: Allowance,
  today: string,
  isWhole: boolean,
): Pick<AllowanceFinding, "kind" | "message"> | null {
  if (!blockingApisById.has(id)) {
    return {
      kind: "unknown_api",
      message:
        `"${id}" is no blocking API that the list knows: write ${MARK} <id>: <reason>`,
    };
  }
  if (reason === "") {
    return { kind: "no_reason", message: `No reason is given for ${id}` };
  }
  if (until !== null && !isDate(until)) {
    return {
      kind: "bad_date",
      message: `"${until}" is no date like 2027-01-31`,
    };
  }
  if (until !== null && until < today) {
    return { kind: "expired", message: `Allowed until ${until} only: ${id}` };
  }
  return used || !isWhole ? null : {
    kind: "unused",
    message: `Nothing that the loop reaches calls ${id} here`,
  };
}

/**
 * Takes out what comments allow.
 *
 * @param options.whole Files whose allowances must be of use.
 */
export function applyAllowances(
  found: readonly FoundCulprit[],
  { modules, today, root, whole }: {
    modules: readonly ModuleInfo[];
    today: string;
    root: string;
    whole: ReadonlySet<string>;
  },
): {
  kept: FoundCulprit[];
  allowed: number;
  problems: AllowanceFinding[];
} {
  const byFile = new Map<string, Allowance[]>();
  for (const module of modules) {
    const own = readAllowances(module);
    if (own.length > 0) byFile.set(module.path, own);
  }
  let allowed = 0;
  const kept = found.filter(({ file, finding: { api, culprit } }) => {
    const own = (byFile.get(file) ?? []).filter(({ id, from, to }) =>
      id === api.id && from <= culprit.line && culprit.line <= to
    );
    for (const allowance of own) allowance.used = true;
    const isAllowed = own.some((allowance) =>
      problemOf(allowance, today, true) === null
    );
    if (isAllowed) allowed++;
    return !isAllowed;
  });
  const problems: AllowanceFinding[] = [];
  for (const [file, own] of byFile) {
    for (const allowance of own) {
      const problem = problemOf(allowance, today, whole.has(file));
      if (problem === null) continue;
      problems.push({
        ...problem,
        file: posix.relative(root, file),
        line: allowance.line,
        id: allowance.id,
      });
    }
  }
  return { kept, allowed, problems };
}
