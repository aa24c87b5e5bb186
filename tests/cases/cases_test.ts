/** The case book against the detectors: what is labelled is reported, what is innocent is not. */
import assert from "node:assert/strict";
import { blockingApisById } from "@loophound/toolkit/blocking_apis";
import { CASES_DOC, formattedCases } from "../../scripts/cases/make_docs.ts";
import { BOOK } from "./book/mod.ts";
import { type Detector, routesOf } from "./case.ts";
import { type CaseHost, denoHost, startHost } from "./drive.ts";
import { inFirstStretch, missOf } from "./expectations.ts";
import { judge, type Verdict } from "./judge.ts";
import { type BookCase, loadBook } from "./load_book.ts";
import { findingsOf, invented, lintBook, scanBook } from "./static_tools.ts";
import { openWorkspace } from "./workspace.ts";

const book = await loadBook();
/** A busy machine holds a thread for longer than an innocent may take. */
const TRIES = 3;

Deno.test("The case book has its blocks and innocents, each labelled", async () => {
  const names = book.cases.map(({ it }) => it.name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(book.cases.filter(({ it }) => !it.innocent).length >= 80);
  assert.ok(book.cases.filter(({ it }) => it.innocent).length >= 25);
  for (const { it, places } of book.cases) {
    assert.ok(it.request !== undefined || it.start !== undefined, it.name);
    if (it.innocent) continue;
    assert.ok(places.length > 0, `${it.name} has no marked line`);
    assert.ok(
      it.api === null || blockingApisById.has(it.api),
      `${it.name}: the list has no ${it.api}`,
    );
  }
  for (const marks of [book.culprits, book.ways, book.short]) {
    for (const name of marks.keys()) assert.ok(names.includes(name), name);
  }
  const files: string[] = [];
  for await (
    const { name } of Deno.readDir(new URL("book/", import.meta.url))
  ) {
    if (!name.startsWith("_") && name !== "mod.ts") files.push(name);
  }
  assert.deepEqual(files.sort(), BOOK.map(({ file }) => file).sort());
});

/** What a verdict lacks of what is expected; null when nothing. */
function lacking(
  { it }: BookCase,
  detector: Detector,
  verdict: Verdict,
): string | null {
  const miss = missOf(it, detector)?.what;
  if (verdict.falseAlarms.length > 0) return "blames another route";
  if (miss === "report") return null;
  // After an await it has the ticker only, which a busy machine confuses.
  if (detector === "light" && !it.innocent && !inFirstStretch(it)) return null;
  if (!verdict.found) return "is not reported";
  return miss === "route" || verdict.route ? null : "is blamed on no route";
}

async function checkBlock(
  host: CaseHost,
  one: BookCase,
  detector: Detector,
): Promise<Verdict> {
  let problem: string | null = null;
  for (let i = 0; i < TRIES; i++) {
    const run = await host.run(one.it);
    assert.ok(!one.it.innocent);
    const verdict = judge(one.it, one.places, run);
    problem = lacking(one, detector, verdict);
    if (problem === null) return verdict;
    problem += `: ${JSON.stringify(run)}`;
  }
  assert.fail(`${one.it.name} ${problem}`);
}

async function checkInnocent(host: CaseHost, { it }: BookCase): Promise<void> {
  const alarms: unknown[] = [];
  for (let i = 0; i < TRIES; i++) {
    const { reports } = await host.run(it);
    if (reports.length === 0) return;
    alarms.push(reports);
  }
  assert.fail(`${it.name} is innocent: ${JSON.stringify(alarms)}`);
}

/** Runs some files under a detector; answers how many lines were right. */
async function checkFiles(
  t: Deno.TestContext,
  detector: Detector,
  options: { host: string; files: readonly string[] },
): Promise<{ lines: number; of: number; wrong: string[] }> {
  await using workspace = await openWorkspace();
  const lines = { lines: 0, of: 0, wrong: [] as string[] };
  for (const file of options.files) {
    await t.step(file, async () => {
      await using host = await startHost(
        denoHost(options.host, workspace.folder, [file]),
      );
      for (const one of book.cases.filter((it) => it.file.file === file)) {
        if (one.it.innocent) {
          await checkInnocent(host, one);
          continue;
        }
        const verdict = await checkBlock(host, one, detector);
        if (missOf(one.it, detector) !== null) continue;
        lines.of++;
        if (verdict.line) lines.lines++;
        else lines.wrong.push(one.it.name);
      }
    });
  }
  return lines;
}

Deno.test("The monitor's default mode reports every labelled block and no innocent", async (t) => {
  const { lines, of, wrong } = await checkFiles(t, "profile", {
    host: "default",
    files: BOOK.map(({ file }) => file),
  });
  assert.ok(lines >= 0.95 * of, `${lines} of ${of}, not ${wrong.join(", ")}`);
});

const SOME = ["cpu_handlers.ts", "at_once.ts", "processes.ts"];

Deno.test("The light mode reports what it can", async (t) => {
  await checkFiles(t, "light", { host: "light", files: SOME });
});

Deno.test("The exact mode reports every labelled block without a profile", async (t) => {
  await checkFiles(t, "exact", { host: "exact", files: SOME });
});

Deno.test("The guard catches every labelled call of the list and no innocent", async (t) => {
  const { lines, of, wrong } = await checkFiles(t, "guard", {
    host: "guard",
    files: [
      "files_node.ts",
      "files_deno.ts",
      "processes.ts",
      "processes_deno.ts",
      "crypto.ts",
      "sqlite.ts",
      "innocent_calls.ts",
    ],
  });
  assert.equal(lines, of, `not ${wrong.join(", ")}`);
});

Deno.test("The scan finds every labelled path and invents none", async () => {
  const findings = await scanBook();
  const missing: string[] = [];
  for (const one of book.cases) {
    if (one.it.innocent || missOf(one.it, "scan") !== null) continue;
    const routes = routesOf(one.it);
    const found = findingsOf(one, findings, book);
    if (!found.some(({ route }) => routes.includes(route ?? null))) {
      missing.push(one.it.name);
    }
  }
  assert.deepEqual(missing, []);
  assert.deepEqual(invented(findings, book), []);
});

Deno.test("The lint plugin finds what one file shows and invents nothing", async () => {
  const findings = await lintBook();
  const missing = book.cases.filter((one) =>
    !one.it.innocent && missOf(one.it, "lint") === null &&
    findingsOf(one, findings, book).length === 0
  );
  assert.deepEqual(missing.map(({ it }) => it.name), []);
  assert.deepEqual(invented(findings, book), []);
});

Deno.test("docs/cases.md is in step with the labels", async () => {
  assert.equal(
    await Deno.readTextFile(CASES_DOC),
    await formattedCases(),
    "Run deno run -A scripts/cases/make_docs.ts",
  );
});
