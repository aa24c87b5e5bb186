import assert from "node:assert/strict";
import type { GuardSelfTest, ImportTest, SyncCallReport } from "./types.ts";
import { guardImports } from "./import_map.ts";

const PRELOAD = new URL("./preload.ts", import.meta.url).href;
/** Tells programs elsewhere where the toolkit's parts are. */
const CONFIG = `--config=${
  new URL("../../deno.json", import.meta.url).pathname
}`;
const FIXTURE = new URL("./_fixture_imports.ts", import.meta.url);

interface Outcome {
  calls: SyncCallReport[];
  tested: ImportTest[];
  selfTest: GuardSelfTest;
  left: number;
  restored: boolean;
}

/** Runs Deno, and answers what it wrote. */
async function runDeno(args: readonly string[]): Promise<
  { code: number; out: string; error: string }
> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    env: { NO_COLOR: "1" },
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), error: text.decode(stderr) };
}

/** Runs a program given as text, from a folder of its own. */
async function runProgram(
  code: string,
  args: readonly string[],
): Promise<{ code: number; out: string; error: string }> {
  const folder = await Deno.makeTempDir();
  try {
    const main = `${folder}/main.ts`;
    await Deno.writeTextFile(main, code);
    return await runDeno(["run", CONFIG, ...args, main]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** `file:line api` for each comment `reports …`. */
async function expectedIn(file: URL): Promise<string[]> {
  const lines = (await Deno.readTextFile(file)).split("\n");
  return lines.flatMap((line, index) =>
    (/\/\/ reports (.*)$/.exec(line)?.[1]?.split(" ") ?? [])
      .map((api) => `${file.href}:${index + 1} ${api}`)
  );
}

Deno.test("a preloaded guard catches every style of import, and leaves no trace", async () => {
  const { code, out, error } = await runDeno([
    "run",
    "-A",
    "--preload",
    `${PRELOAD}?action=count&graceMs=100000`,
    FIXTURE.href,
  ]);
  assert.equal(code, 0, error);
  const { calls, left, restored, selfTest, tested }: Outcome = JSON.parse(out);
  const expected = [
    ...await expectedIn(FIXTURE),
    ...await expectedIn(new URL("./_fixture_lazy.ts", import.meta.url)),
  ];
  assert.ok(expected.length >= 18);
  assert.deepEqual(
    calls.map(({ api, culprit }) => `${culprit?.file}:${culprit?.line} ${api}`)
      .sort(),
    expected.sort(),
  );
  assert.ok(selfTest.installed);
  assert.equal(selfTest.namedImports.reach, "later_modules");
  assert.deepEqual(tested.filter(({ caught }) => !caught), []);
  assert.equal(left, 0);
  assert.equal(restored, true);
  assert.equal(error, "");
});

Deno.test("a preloaded guard names the dependency that called, and the own line", async () => {
  const { out } = await runDeno([
    "run",
    "-A",
    "--preload",
    `${PRELOAD}?action=count&graceMs=100000`,
    FIXTURE.href,
  ]);
  const { calls }: Outcome = JSON.parse(out);
  const call = calls.find(({ stack }) =>
    stack[0]?.includes("pg-connection-string")
  );
  assert.equal(call?.culprit?.function, "handler");
});

Deno.test("a preloaded guard needs no permission", async () => {
  const { code, out, error } = await runProgram(
    `import { existsSync } from "node:fs";
    try {
      existsSync("/");
    } catch (error) {
      console.log((error as Error).name);
    }
    try {
      new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])));
    } catch (error) {
      console.log((error as Error).name);
    }`,
    ["--no-prompt", "--preload", `${PRELOAD}?action=throw&graceMs=0`],
  );
  assert.equal(code, 0, error);
  assert.equal(out, "SyncCallError\nSyncCallError\n");
});

Deno.test("a preloaded guard logs a call with its line and what to do instead", async () => {
  const { error } = await runProgram(
    `import { readFileSync } from "node:fs";
    function load(): string {
      return readFileSync(new URL(import.meta.url), "utf8");
    }
    load();
    load();`,
    ["-A", "--preload", `${PRELOAD}?graceMs=0`],
  );
  const [first, second, ...rest] = error.trim().split("\n");
  assert.match(
    first!,
    /^Synchronous call node:fs\.readFileSync \(\d+\.\d ms\)$/,
  );
  assert.match(second!, /^ {4}at load \(file:\/\/.*\/main\.ts:3:14\)$/);
  assert.equal(rest.length, 2);
});

Deno.test("a preloaded guard is not in a worker", async () => {
  const { code, out, error } = await runProgram(
    `import { Worker as Thread, isMainThread, parentPort } from "node:worker_threads";
    const job = \`
      import { readFileSync } from "node:fs";
      import { parentPort } from "node:worker_threads";
      readFileSync(new URL(\${JSON.stringify(import.meta.url)}));
      (parentPort ?? globalThis).postMessage("read");
    \`;
    const url = "data:text/javascript," + encodeURIComponent(job);
    const web = new Worker(url, { type: "module" });
    console.log(await new Promise((resolve) => web.onmessage = ({ data }) => resolve(data)));
    web.terminate();
    const thread = new Thread(new URL(url));
    console.log(await new Promise((resolve) => thread.once("message", resolve)));
    await thread.terminate();`,
    ["-A", "--preload", `${PRELOAD}?action=throw&graceMs=0&apis=node:fs.*Sync`],
  );
  assert.equal(code, 0, error);
  assert.equal(out, "read\nread\n");
});

Deno.test("a preloaded guard does not accept unknown options", async () => {
  for (
    const [query, message] of [
      ["acton=log", 'Cannot read guard option "acton": unknown'],
      ["action=stop", '"stop" is none of log, count, throw'],
      ["graceMs=", '"" is no number from 0 on'],
    ]
  ) {
    const { code, error } = await runProgram("", [
      "--preload",
      `${PRELOAD}?${query}`,
    ]);
    assert.equal(code, 1);
    assert.ok(error.includes(message!), error);
  }
});

Deno.test("a preloaded guard leaves other imports and stacks alone", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/data.json`, '{"a":1}');
    await Deno.writeTextFile(`${folder}/data.txt`, "text");
    await Deno.writeFile(
      `${folder}/add.wasm`,
      // Exports add(a, b).
      // deno-fmt-ignore
      new Uint8Array([0,97,115,109,1,0,0,0,1,7,1,96,2,127,127,1,127,3,2,1,0,7,7,1,3,97,100,100,0,0,10,9,1,7,0,32,0,32,1,106,11]),
    );
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import data from "./data.json" with { type: "json" };
import bytes from "./data.txt" with { type: "bytes" };
import { add } from "./add.wasm";
import { isMainThread } from "node:worker_threads";
import { inspect } from "node:util";
import { URL as NodeURL } from "node:url";
import { constants } from "node:zlib";
interface Shape {
  a: number;
}
const shape: Shape = data;
console.log(shape.a, bytes.length, add(1, 2), isMainThread, inspect(1));
console.log(NodeURL === URL, constants.Z_BEST_SPEED);
console.log(new Error("x").stack?.includes("main.ts:14:13"));
`,
    );
    const { code, out, error } = await runDeno([
      "run",
      "-A",
      CONFIG,
      "--unstable-raw-imports",
      "--preload",
      `${PRELOAD}?action=throw&graceMs=0`,
      `${folder}/main.ts`,
    ]);
    assert.equal(code, 0, error);
    assert.equal(out, "1 4 3 true 1\ntrue 1\ntrue\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("guardImports() lets a later guard reach named imports without a hook", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const imports = await guardImports();
    for (const part of ["guard", "stack", "blocking_apis"]) {
      imports[`@loophound/toolkit/${part}`] =
        new URL(`../${part}/mod.ts`, import.meta.url).href;
    }
    await Deno.writeTextFile(
      `${folder}/map.json`,
      JSON.stringify({ imports }),
    );
    await Deno.writeTextFile(
      `${folder}/main.ts`,
      `import { statSync, constants } from "node:fs";
import fs from "node:fs";
import { DatabaseSync } from "node:sqlite";
import process, { argv } from "node:process";
import { installGuard } from "@loophound/toolkit/guard";
const before = statSync;
const guard = installGuard({ graceMs: 0, log: null });
statSync(".");
new DatabaseSync(":memory:").close();
guard.uninstall();
statSync(".");
console.log(guard.calls().map(({ api }) => api).join());
console.log(statSync === before, fs.statSync === before, constants.R_OK);
console.log(argv === process.argv);
`,
    );
    const { code, out, error } = await runDeno([
      "run",
      "-A",
      "--import-map",
      `${folder}/map.json`,
      `${folder}/main.ts`,
    ]);
    assert.equal(code, 0, error);
    assert.equal(
      out,
      "node:sqlite.DatabaseSync.prototype.close,node:sqlite.DatabaseSync,node:fs.statSync\n" +
        "true true 4\ntrue\n",
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
