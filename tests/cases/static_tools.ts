/** Tools that read the source of the case book instead of running it. */
import { fileURLToPath } from "node:url";
import { scan } from "@loophound/toolkit/scan";
import { BOOK_FOLDER, type Place } from "./labels.ts";
import type { BookCase, CaseBook } from "./load_book.ts";

/** What a tool tells of a line. */
export interface LineFinding extends Place {
  /** `finding`, or `note` for what only a large input makes bad. */
  level: "finding" | "note";
  /** The route that leads there; undefined where the tool knows no routes. */
  route?: string | null;
  what: string;
}

function baseName(path: string): string {
  return path.split("/").at(-1)!;
}

/** `loophound scan --all`. */
export async function scanBook(): Promise<LineFinding[]> {
  const { findings } = await scan([BOOK_FOLDER], { all: true });
  return findings.map(({ culprit, level, entry, api }) => ({
    file: baseName(culprit.file),
    line: culprit.line,
    level,
    route: entry.route,
    what: api.id,
  }));
}

/** Rules of the plugin that are about holding the loop. */
const LINT_RULES = [
  "loophound/no-sync-call",
  "loophound/no-async-in-name-only",
];

interface LintOutput {
  diagnostics: {
    code: string;
    filename: string;
    message: string;
    range: { start: { line: number } };
  }[];
}

/** Runs `deno lint` on the book with a configuration of its own. */
export async function denoLint(
  lint: unknown,
  codes: readonly string[],
): Promise<LineFinding[]> {
  const config = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeTextFile(config, JSON.stringify({ lint }));
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["lint", "--json", `--config=${config}`, BOOK_FOLDER],
      stderr: "null",
    }).output();
    const output: LintOutput = JSON.parse(new TextDecoder().decode(stdout));
    return output.diagnostics.filter(({ code }) => codes.includes(code))
      .map(({ filename, range, message }) => ({
        file: baseName(filename),
        line: range.start.line,
        level: "finding",
        what: message,
      }));
  } finally {
    await Deno.remove(config);
  }
}

/** This repository's plugin. */
export function lintBook(): Promise<LineFinding[]> {
  const plugin = fileURLToPath(
    new URL("../../lib/lint/mod.ts", import.meta.url),
  );
  return denoLint(
    { plugins: [plugin], rules: { tags: [], include: LINT_RULES } },
    LINT_RULES,
  );
}

const isAt = (finding: Place, places: readonly Place[]) =>
  places.some(({ file, line }) =>
    file === finding.file && line === finding.line
  );

/** The findings about a case: its marked lines, or the way to them. */
export function findingsOf(
  { it, places }: BookCase,
  findings: readonly LineFinding[],
  book: CaseBook,
): LineFinding[] {
  const ways = book.ways.get(it.name) ?? [];
  return findings.filter((finding) =>
    isAt(finding, places) || isAt(finding, ways)
  );
}

/** Findings about lines that hold nothing. */
export function invented(
  findings: readonly LineFinding[],
  book: CaseBook,
): LineFinding[] {
  const known = [book.culprits, book.ways, book.short].flatMap((marks) =>
    [...marks.values()].flat()
  );
  return findings.filter((finding) =>
    finding.level === "finding" && !isAt(finding, known)
  );
}
