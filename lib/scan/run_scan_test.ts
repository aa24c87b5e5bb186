import fc from "fast-check";
import assert from "node:assert/strict";
import { compareWithBaseline, shrinkBaseline } from "./baseline.ts";
import { runScan } from "./run_scan.ts";
import type { ScanResult } from "./types.ts";

const APP = `import { load } from "./load.ts";
Deno.serve(() => new Response(load()));
`;
const BLOCKING = `export function load(): string {
  return Deno.readTextFileSync("page.html");
}
`;
const FREE = `export function load(): string {
  return "page";
}
`;

async function inFolder(
  files: Record<string, string>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function command(...args: string[]) {
  let out = "";
  let err = "";
  const code = await runScan(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  });
  return { code, out, err };
}

Deno.test("runScan() prints the path to the blocking call and exits with 1", async () => {
  await inFolder({ "main.ts": APP, "load.ts": BLOCKING }, async (folder) => {
    const { code, out, err } = await command(folder);
    assert.equal(code, 1);
    assert.equal(err, "");
    assert.match(out, /load\.ts:2:\d+: Deno\.readTextFileSync holds the loop/);
    assert.match(
      out,
      /→ <anonymous> \(\S*main\.ts:2\)\n\s+→ load \(\S*load\.ts:2\)/,
    );
    assert.match(out, /\n1 finding; 2 files, \d+ functions, 1 entry\n$/);
  });
  await inFolder({ "main.ts": APP, "load.ts": FREE }, async (folder) => {
    const { code, out } = await command(folder);
    assert.equal(code, 0);
    assert.match(out, /^0 findings; 2 files/);
  });
});

Deno.test("runScan() writes JSON and SARIF", async () => {
  await inFolder({ "main.ts": APP, "load.ts": BLOCKING }, async (folder) => {
    const json = JSON.parse((await command("--format", "json", folder)).out);
    assert.equal(json.findings[0].api.id, "Deno.readTextFileSync");
    const sarif = JSON.parse((await command("--format=sarif", folder)).out);
    assert.equal(sarif.version, "2.1.0");
    const [run] = sarif.runs;
    const [result] = run.results;
    assert.equal(result.ruleId, "Deno.readTextFileSync");
    assert.equal(result.locations[0].physicalLocation.region.startLine, 2);
    assert.equal(result.codeFlows[0].threadFlows[0].locations.length, 3);
    assert.deepEqual(
      run.tool.driver.rules.map((rule: { id: string }) => rule.id),
      ["Deno.readTextFileSync"],
    );
  });
});

Deno.test("runScan() keeps a baseline that may only shrink", async () => {
  await inFolder({ "main.ts": APP, "load.ts": BLOCKING }, async (folder) => {
    const baseline = `${folder}/known.json`;
    const scan = (...more: string[]) =>
      command(...more, "--baseline", baseline, folder);
    assert.match((await scan()).err, /there is no such file; --init-baseline/);
    assert.equal((await scan("--init-baseline")).code, 0);
    assert.match((await scan("--init-baseline")).err, /may only shrink/);
    // The same finding, moved: still known.
    await Deno.writeTextFile(`${folder}/load.ts`, `\n\n// moved\n${BLOCKING}`);
    const known = await scan();
    assert.deepEqual([known.code, known.err], [
      0,
      "1 finding known by the baseline\n",
    ]);
    // A new one is none of the baseline's.
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `${APP}setInterval(() => Deno.statSync("."), 5);\n`,
    );
    const fresh = await scan("--update-baseline");
    assert.equal(fresh.code, 1);
    assert.match(fresh.out, /Deno\.statSync/);
    assert.doesNotMatch(fresh.out, /readTextFileSync/);
    // One that is gone makes the baseline shrink.
    await Deno.writeTextFile(`${folder}/main.ts`, APP);
    await Deno.writeTextFile(`${folder}/load.ts`, FREE);
    const gone = await scan();
    assert.equal(gone.code, 1);
    assert.match(gone.err, /1 finding of the baseline found no more/);
    assert.equal((await scan("--update-baseline")).code, 0);
    assert.equal(await Deno.readTextFile(baseline), "{}\n");
    assert.equal((await scan()).code, 0);
  });
});

Deno.test("a baseline never grows", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.stringMatching(/^[a-e]$/), fc.string()),
      fc.array(fc.stringMatching(/^[a-g]$/)),
      (baseline, found) => {
        const result = {
          findings: found.map((fingerprint) => ({ fingerprint })),
        } as unknown as ScanResult;
        const { gone, result: left, known } = compareWithBaseline(
          result,
          baseline,
        );
        const shrunk = shrinkBaseline(baseline, gone);
        assert.ok(Object.keys(shrunk).every((it) => it in baseline));
        assert.ok(Object.keys(shrunk).every((it) => found.includes(it)));
        assert.equal(left.findings.length + known, found.length);
        assert.ok(left.findings.every((it) => !(it.fingerprint in baseline)));
      },
    ),
  );
});

Deno.test("runScan() names wrong arguments and exits with 2", async () => {
  for (
    const [args, message] of [
      [[], /name files or folders/],
      [["--format", "xml", "."], /--format "xml"/],
      [["--nothing", "."], /nothing/],
      [["--update-baseline", "."], /--baseline names none/],
      [["/nowhere/at/all"], /"\/nowhere\/at\/all": there is no such file/],
    ] as const
  ) {
    const { code, out, err } = await command(...args);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, message);
  }
  await inFolder({ "main.ts": APP, "bad.json": "[1]" }, async (folder) => {
    const { code, err } = await command(
      "--baseline",
      `${folder}/bad.json`,
      `${folder}/main.ts`,
    );
    assert.equal(code, 2);
    assert.match(err, /is no object of fingerprints/);
  });
});

Deno.test("runScan() tells of what it could not read, and scans the rest", async () => {
  await inFolder({
    "main.ts": APP,
    "load.ts": BLOCKING,
    "broken.ts": "export const = 5;\n",
  }, async (folder) => {
    const { code, out } = await command(folder);
    assert.equal(code, 1);
    assert.match(out, /broken\.ts:1:\d+: /);
    assert.match(out, /load\.ts:2:\d+: Deno\.readTextFileSync/);
    assert.match(out, /1 finding, 1 problem;/);
  });
});
