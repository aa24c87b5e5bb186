import assert from "node:assert/strict";
import { scanProgram, serving } from "./_test_program.ts";

/** A program whose handler calls `Deno.statSync` below some lines. */
const program = (above: string, after = "") =>
  serving(`function run() {
${above}
  return Deno.statSync("x");${after}
}`);

async function judged(above: string, after = "", today = "2026-06-15") {
  const { findings, allowances, stats } = await scanProgram(
    program(above, after),
    { today },
  );
  return {
    findings: findings.length,
    allowed: stats.allowed,
    problems: allowances.map(({ kind, line }) => `${kind}:${line}`),
  };
}

const ALLOWED = { findings: 0, allowed: 1, problems: [] };

Deno.test("scan() lets a comment with a reason allow a call", async () => {
  for (
    const comment of [
      "// loophound-allow Deno.statSync: a few bytes, once an hour",
      "/* loophound-allow Deno.statSync: a few bytes */",
      "// loophound-allow Deno.statSync: a few bytes (until 2026-12-31)",
      "// loophound-allow Deno.statSync until 2026-06-15: a few bytes",
      "// loophound-allow Deno.statSync: a few bytes,\n// as was measured, until 2026-06-15.",
    ]
  ) {
    assert.deepEqual(await judged(comment), ALLOWED, comment);
  }
  const beside = " // loophound-allow Deno.statSync: a few bytes";
  assert.deepEqual(await judged("", beside), ALLOWED);
});

Deno.test("scan() lets ids with colons be allowed", async () => {
  const { findings, allowances } = await scanProgram(serving(
    `import { statSync } from "node:fs";
const run = () =>
  // loophound-allow node:fs.statSync: one of the kernel's own
  statSync("/proc/self");`,
  ));
  assert.deepEqual([findings, allowances], [[], []]);
});

Deno.test("scan() tells which allowance has to be mended", async () => {
  const cases: [string, string][] = [
    ["// loophound-allow Deno.statSync", "no_reason:2"],
    ["// loophound-allow Deno.statSync:", "no_reason:2"],
    ["// loophound-allow Deno.statSync: (until 2026-12-31)", "no_reason:2"],
    ["// loophound-allow Deno.statSink: small", "unknown_api:2"],
    ["// loophound-allow: small", "unknown_api:2"],
    ["// loophound-allow Deno.statSync: small until 2026-06-14", "expired:2"],
    ["// loophound-allow Deno.statSync: small until 2026-06-31", "bad_date:2"],
    ["// loophound-allow Deno.statSync: small until tomorrow", "bad_date:2"],
    ["// loophound-allow Deno.openSync: small", "unused:2"],
    // Not right above the call.
    ["// loophound-allow Deno.statSync: small\n", "unused:2"],
  ];
  for (const [comment, problem] of cases) {
    assert.deepEqual(
      await judged(comment),
      { findings: 1, allowed: 0, problems: [problem] },
      comment,
    );
  }
});

Deno.test("scan() calls an allowance unused where nothing leads to the call", async () => {
  const { allowances } = await scanProgram({
    "main.ts": `import "./load.ts"; Deno.serve(() => new Response());`,
    "load.ts": `export function load() {
  // loophound-allow Deno.statSync: small
  return Deno.statSync("x");
}`,
  }, { paths: ["load.ts"] });
  assert.deepEqual(allowances, [{
    kind: "unused",
    file: "load.ts",
    line: 2,
    id: "Deno.statSync",
    message: "Nothing that the loop reaches calls Deno.statSync here",
  }]);
});

Deno.test("scan() does not ask for the use of allowances in files that it was not given", async () => {
  const { allowances } = await scanProgram({
    "main.ts": `import { load } from "./load.ts";
      if (import.meta.main) load();`,
    "load.ts": `export function load() {
  // loophound-allow Deno.statSync: small
  return Deno.statSync("x");
}`,
  }, { paths: ["main.ts"] });
  assert.deepEqual(allowances, []);
});

Deno.test("scan() counts a note that is allowed as a use of the allowance", async () => {
  const files = serving(`function run() {
  // loophound-allow JSON.parse: a few bytes
  return JSON.parse(globalThis.text);
}`);
  for (const all of [false, true]) {
    const { findings, allowances } = await scanProgram(files, { all });
    assert.deepEqual([findings, allowances], [[], []]);
  }
});
