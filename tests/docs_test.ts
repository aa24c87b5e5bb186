/** The docs tell what the code does. */
import assert from "node:assert/strict";
import { settings } from "../src/settings.ts";

const read = (path: string) =>
  Deno.readTextFile(new URL(`../${path}`, import.meta.url));

Deno.test("README.md lists every setting as config.ts has it", async () => {
  const readme = await read("README.md");
  const table = readme.slice(
    readme.indexOf("<!-- settings:begin -->"),
    readme.indexOf("<!-- settings:end -->"),
  );
  const rows = table.split("\n").filter((line) => line.startsWith("| `"))
    .map((line) =>
      line.split("|").slice(1, -1).map((cell) =>
        cell.trim().replaceAll("`", "")
      )
    );
  assert.deepEqual(
    rows,
    settings.map((setting) => [
      setting.name,
      setting.type,
      setting.default,
      setting.reason,
    ]),
  );
});

Deno.test("docs/collections.md shows the examples that are tested", async () => {
  const text = await read("docs/collections.md");
  for (const name of ["abundance", "interactions"]) {
    const code = await read(`tests/examples/${name}.ts`);
    assert.ok(
      text.includes(`\`\`\`ts ignore\n${code}\`\`\``),
      `docs/collections.md does not show tests/examples/${name}.ts as it is`,
    );
  }
});

Deno.test("README.md and the docs link to files that are there", async () => {
  for (
    const path of [
      "README.md",
      "CONTRIBUTING.md",
      "lib/README.md",
      "docs/architecture.md",
      "docs/blocking_apis.md",
      "docs/cases.md",
      "docs/collections.md",
      "docs/deploy.md",
      "docs/detectors.md",
      "docs/guard.md",
      "docs/http.md",
      "docs/jobs.md",
      "docs/limits.md",
      "docs/lint.md",
      "docs/performance.md",
      "docs/scaling.md",
      "docs/scan.md",
      "docs/testing.md",
      "docs/watchdog.md",
      "docs/watching.md",
    ]
  ) {
    const text = await read(path);
    const base = new URL(`../${path}`, import.meta.url);
    for (const [, link] of text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (/^https?:/.test(link!)) continue;
      const info = await Deno.stat(new URL(link!, base)).catch(() => undefined);
      assert.ok(info !== undefined, `${path} links to ${link}`);
    }
  }
});
