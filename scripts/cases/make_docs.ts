/**
 * Writes docs/cases.md from the labels of the case book:
 * `deno run -A scripts/cases/make_docs.ts`.
 *
 * @module
 */
import { BOOK } from "../../tests/cases/book/mod.ts";
import {
  type BlockCase,
  type Case,
  type Detector,
  type Miss,
  requestsOf,
  routesOf,
} from "../../tests/cases/case.ts";
import { missOf } from "../../tests/cases/expectations.ts";
import { type BookCase, loadBook } from "../../tests/cases/load_book.ts";

/** Where the docs are. */
export const CASES_DOC: URL = new URL("../../docs/cases.md", import.meta.url);

const DETECTORS: readonly { id: Detector; title: string }[] = [
  { id: "light", title: "monitor, `light`" },
  { id: "exact", title: "monitor, `exact`" },
  { id: "profile", title: "monitor, `exact` with the rolling profile" },
  { id: "guard", title: "guard" },
  { id: "scan", title: "scan" },
  { id: "lint", title: "lint" },
];

const INTRO = `# The case book

Code that holds the loop, and code that only looks so: small Hono apps,
labelled, in \`tests/cases/book\`. The tests run the detectors on them
(\`tests/cases/cases_test.ts\`), and \`deno task bench detectors\` measures how many each one
finds, beside the detectors of others ([detectors.md](detectors.md)).

This page is made from the labels by \`deno run -A scripts/cases/make_docs.ts\`;
a test fails when it is not in step.

**A case more:** write a handler into the file of its theme, end its culprit
line in \`// culprit: name\` (a call of the list that is short here in
\`// short: name\`, the call of a helper that holds the loop in
\`// way: name\`), and label it at the end of the file. What a detector cannot
tell goes into \`misses\`, with the reason.`;

const LEGEND =
  `●: reported with all that this detector knows (\`light\` and \`exact\` know no
lines, \`guard\`, \`scan\` and \`lint\` know calls). ◐: reported, but without the
route or the line. –: not reported. Reasons are below.`;

function mark(miss: Miss | null, detector: Detector): string {
  if (miss === null) return "●";
  if (miss.what === "report") return "–";
  // Knowing no lines is the mode's nature.
  const natural = miss.what === "line" && detector !== "profile";
  return natural ? "●" : "◐";
}

function table(head: readonly string[], rows: readonly string[][]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join(
    "\n",
  );
}

const code = (text: string) => `\`${text}\``;

function routeText(it: BlockCase): string {
  return routesOf(it).map((route) => route === null ? "none" : code(route))
    .join(" or ");
}

function lineText({ places }: BookCase): string {
  const [first] = places;
  if (first === undefined) return "";
  const lines = places.filter(({ file }) => file === first.file)
    .map(({ line }) => line);
  const last = Math.max(...lines);
  const text = last === first.line
    ? `${first.file}:${first.line}`
    : `${first.file}:${first.line}–${last}`;
  return `[${text}](../tests/cases/book/${first.file}#L${first.line})`;
}

function blockRows(cases: readonly BookCase[]): string[][] {
  return cases.flatMap((one) =>
    one.it.innocent ? [] : [[
      code(one.it.name),
      one.it.title,
      one.it.where,
      routeText(one.it),
      `${one.it.function === null ? "" : `${code(one.it.function)} `}${
        lineText(one)
      }`,
      one.it.cause.replace("_", " "),
      ...DETECTORS.map(({ id }) => mark(missOf(one.it, id), id)),
    ]]
  );
}

function innocentRows(cases: readonly BookCase[]): string[][] {
  return cases.flatMap(({ it }) =>
    it.innocent
      ? [[
        code(it.name),
        it.title,
        it.why,
        requestsOf(it).length === 0
          ? ""
          : code(`${requestsOf(it)[0]!.method} ${requestsOf(it)[0]!.path}`),
      ]]
      : []
  );
}

/** Cases by the reason for which a detector misses them. */
function reasons(
  cases: readonly Case[],
  detector: Detector,
): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const it of cases) {
    const miss = missOf(it, detector);
    if (miss === null || mark(miss, detector) === "●") continue;
    const what = {
      report: "Not reported",
      route: "Reported without the route",
      line: "Reported without the line",
    }[miss.what];
    const key = `${what}: ${miss.why}.`;
    found.set(key, [...found.get(key) ?? [], it.name]);
  }
  return found;
}

/** The text of the page, before it is formatted. */
export async function renderCases(): Promise<string> {
  const { cases } = await loadBook();
  const blocks = cases.filter(({ it }) => !it.innocent);
  const parts = [
    INTRO,
    `${blocks.length} blocks and ${
      cases.length - blocks.length
    } innocents. Each block holds the loop for 20 ms or more, most of them for over 100: the monitor's threshold is 5 ms.`,
    "## Blocks",
    LEGEND,
  ];
  const head = [
    "case",
    "what",
    "where",
    "route",
    "culprit",
    "cause",
    ...DETECTORS.map(({ id }) => id),
  ];
  for (const { file, title } of BOOK) {
    const rows = blockRows(cases.filter((one) => one.file.file === file));
    if (rows.length > 0) parts.push(`### ${title}`, table(head, rows));
  }
  parts.push("## What is not caught");
  for (const { id, title } of DETECTORS) {
    const all = reasons(cases.map(({ it }) => it), id);
    parts.push(`### By the ${title}`);
    if (all.size === 0) parts.push("Nothing of this book.");
    for (const [reason, names] of all) {
      parts.push(`- ${reason} ${names.map(code).join(", ")}`);
    }
  }
  parts.push(
    "## Innocents",
    "None of these is reported by any of the detectors.",
    table(
      ["case", "what", "why it is none", "request"],
      innocentRows(cases),
    ),
  );
  return parts.join("\n\n") + "\n";
}

/** The page as it is to be on the disk. */
export async function formattedCases(): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--ext=md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(await renderCases()));
  await writer.close();
  const { code, stdout } = await child.output();
  if (code !== 0) throw new Error(`deno fmt ended with ${code}`);
  return new TextDecoder().decode(stdout);
}

if (import.meta.main) {
  await Deno.writeTextFile(CASES_DOC, await formattedCases());
  Deno.exit(0);
}
