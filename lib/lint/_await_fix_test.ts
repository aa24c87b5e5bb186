import assert from "node:assert/strict";
import { fixed, lint } from "./_test_lint.ts";

function fix(source: string): string {
  return fixed(source, lint("no-sync-call", source));
}

const FIXED: Record<string, [before: string, after: string]> = {
  "a call of Deno": [
    `async function f() { const a = Deno.readFileSync("a"); }`,
    `async function f() { const a = await Deno.readFile("a"); }`,
  ],
  "with parentheses before a member": [
    `async function f() { return Deno.readTextFileSync("a").split("\\n"); }`,
    `async function f() { return (await Deno.readTextFile("a")).split("\\n"); }`,
  ],
  "with parentheses before `!` and `**`": [
    `async function f() { return [Deno.readDir, Deno.statSync("a")!.size, Deno.statSync("a") ** 2]; }`,
    `async function f() { return [Deno.readDir, (await Deno.stat("a"))!.size, (await Deno.stat("a")) ** 2]; }`,
  ],
  "without parentheses where none are needed": [
    "async function f() { if (!Deno.statSync(`${x}`).isFile || g(Deno.realPathSync('b'))) return; }",
    "async function f() { if (!(await Deno.stat(`${x}`)).isFile || g(await Deno.realPath('b'))) return; }",
  ],
  "a name in brackets": [
    `async function f() { Deno["mkdirSync"]("a"); }`,
    `async function f() { await Deno.mkdir("a"); }`,
  ],
  "an alias of Deno": [
    `const d = Deno; const f = async () => d.mkdirSync("a");`,
    `const d = Deno; const f = async () => await d.mkdir("a");`,
  ],
  "the method of a file": [
    `async function f(file: Deno.FsFile, b) { return file.readSync(b); }`,
    `async function f(file: Deno.FsFile, b) { return await file.read(b); }`,
  ],
  "a default import of node:fs": [
    `import fs from "node:fs"; async function f() { fs.readFileSync("a"); }`,
    `import fs from "node:fs"; async function f() { await fs.promises.readFile("a"); }`,
  ],
  "a named import, adding one": [
    `import { readFileSync } from "node:fs";\nasync function f() { readFileSync("a"); }`,
    `import { readFileSync } from "node:fs";\nimport { readFile } from "node:fs/promises";\nasync function f() { await readFile("a"); }`,
  ],
  "a named import in the file's own style": [
    `import { readFileSync } from 'fs'\nasync function f() { readFileSync('a') }`,
    `import { readFileSync } from 'fs'\nimport { readFile } from 'fs/promises'\nasync function f() { await readFile('a') }`,
  ],
  "a named import whose other is there already": [
    `import { statSync } from "node:fs"; import { stat as look } from "node:fs/promises"; async function f() { statSync("a"); }`,
    `import { statSync } from "node:fs"; import { stat as look } from "node:fs/promises"; async function f() { await look("a"); }`,
  ],
  "a named import beside a namespace": [
    `import { statSync } from "node:fs"; import * as later from "node:fs/promises"; async function f() { statSync("a"); }`,
    `import { statSync } from "node:fs"; import * as later from "node:fs/promises"; async function f() { await later.stat("a"); }`,
  ],
  "an outer and an inner call": [
    `async function f() { Deno.statSync(Deno.realPathSync("a")); }`,
    `async function f() { await Deno.stat(await Deno.realPath("a")); }`,
  ],
};

for (const [name, [before, after]] of Object.entries(FIXED)) {
  Deno.test(`awaitFix() rewrites ${name}`, () => {
    assert.equal(fix(before), after);
    assert.deepEqual(lint("no-sync-call", after), []);
  });
}

const LEFT: Record<string, string> = {
  "a closure": `async function f(xs) { xs.map((x) => Deno.readFileSync(x)); }`,
  "a handler that is not async": `app.get("/a", () => Deno.readFileSync("a"));`,
  "a parameter's default":
    `async function f(text = Deno.readTextFileSync("a")) { return text; }`,
  "a class inside":
    `async function f() { return class { static x = Deno.statSync("a"); }; }`,
  "an optional call": `async function f() { return Deno.statSync?.("a"); }`,
  "other arguments":
    `import fs from "node:fs"; async function f() { return fs.existsSync("a"); }`,
  "an iterator": `async function f() { return Deno.readDirSync("a"); }`,
  "a name that is destructured":
    `const { statSync } = Deno; async function f() { return statSync("a"); }`,
  "a name that is taken":
    `import { readFileSync } from "node:fs"; function readFile() {} async function f() { readFileSync("a"); }`,
  "a reference": `async function f(paths) { return paths.map(Deno.statSync); }`,
  "what begins a statement with a parenthesis":
    `async function f() { g()\nDeno.statSync("a").isFile }`,
};

for (const [name, source] of Object.entries(LEFT)) {
  Deno.test(`awaitFix() leaves ${name}`, () => {
    const fixes = lint("no-sync-call", source).map((found) => found.fix ?? []);
    assert.deepEqual(fixes.flat(), []);
  });
}

Deno.test("awaitFix() adds at most one import a round", () => {
  let source = `import { readFileSync, statSync } from "node:fs";
async function f() { return [readFileSync("a"), statSync("a"), readFileSync("b")]; }
`;
  let rounds = 0;
  for (let found = lint("no-sync-call", source); found.length > 0;) {
    source = fixed(source, found);
    found = lint("no-sync-call", source);
    assert.ok(rounds++ < 5);
  }
  assert.equal(
    source,
    `import { readFileSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { readFile } from "node:fs/promises";
async function f() { return [await readFile("a"), await stat("a"), await readFile("b")]; }
`,
  );
});

Deno.test("deno lint --fix makes the fixes", async () => {
  const folder = await Deno.makeTempDir({ prefix: "loophound-lint-" });
  try {
    const lib = new URL("../", import.meta.url);
    // As in a checkout: the plugin finds the list by the package's own name.
    await Deno.mkdir(`${folder}/lib`);
    await Deno.copyFile(new URL("deno.json", lib), `${folder}/lib/deno.json`);
    for (const part of ["lint", "blocking_apis"]) {
      await Deno.mkdir(`${folder}/lib/${part}`);
      for await (const { name } of Deno.readDir(new URL(part, lib))) {
        if (/_test\.ts$|^_test/.test(name)) continue;
        await Deno.copyFile(
          new URL(`${part}/${name}`, lib),
          `${folder}/lib/${part}/${name}`,
        );
      }
    }
    const config = {
      workspace: ["./lib"],
      lint: { plugins: ["./lib/lint/mod.ts"], rules: { tags: [] } },
    };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    await Deno.writeTextFile(
      `${folder}/app.ts`,
      `import { readFileSync, statSync } from "node:fs";
export async function load(path: string) {
  if (statSync(path).size === 0) return "";
  return Deno.realPathSync(path) + readFileSync(path, "utf8").trim() + readFileSync("b", "utf8");
}
`,
    );
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["lint", "--fix", "app.ts"],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.equal(
      await Deno.readTextFile(`${folder}/app.ts`),
      `import { readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { stat } from "node:fs/promises";
export async function load(path: string) {
  if ((await stat(path)).size === 0) return "";
  return await Deno.realPath(path) + (await readFile(path, "utf8")).trim() + await readFile("b", "utf8");
}
`,
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
