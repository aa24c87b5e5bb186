/**
 * `deno task ok`: everything that must hold before a commit. Stops at the
 * first step that fails, and says which.
 */
import { fromFileUrl } from "./checks/paths.ts";

const root = fromFileUrl(new URL("../", import.meta.url));

/** Lines of `lib`, `src` and `routes` that tests must run, percent. */
const COVERAGE_FLOOR = 75;

async function run(args: string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: root,
    stdin: "null",
  }).spawn().status;
  if (code !== 0) throw new Error(`deno ${args.join(" ")} ended with ${code}`);
}

/** Servers that tests kill leave coverage files that end in the middle. */
async function dropBrokenFiles(folder: string): Promise<void> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (!isFile) continue;
    const path = `${folder}/${name}`;
    const text = await Deno.readTextFile(path);
    if (!text.trimEnd().endsWith("}")) await Deno.remove(path);
  }
}

async function coverage(folder: string): Promise<void> {
  await dropBrokenFiles(folder);
  const { stdout, code } = await new Deno.Command(Deno.execPath(), {
    args: ["coverage", "--lcov", "--include=/(lib|src|routes)/", folder],
    cwd: root,
    stderr: "inherit",
  }).output();
  if (code !== 0) throw new Error(`deno coverage ended with ${code}`);
  let found = 0;
  let hit = 0;
  for (const line of new TextDecoder().decode(stdout).split("\n")) {
    if (line.startsWith("LF:")) found += Number(line.slice(3));
    if (line.startsWith("LH:")) hit += Number(line.slice(3));
  }
  const percent = found === 0 ? 0 : 100 * hit / found;
  console.log(
    `Coverage: ${
      percent.toFixed(1)
    } % of ${found} lines (floor ${COVERAGE_FLOOR} %; threads are not counted)`,
  );
  if (percent < COVERAGE_FLOOR) {
    throw new Error(`Coverage ${percent.toFixed(1)} % is under the floor`);
  }
}

const folder = await Deno.makeTempDir({ prefix: "loophound-coverage-" });
const steps: [string, () => Promise<void>][] = [
  ["format", () => run(["fmt", "--check"])],
  ["lint", () => run(["lint"])],
  ["types", () => run(["check", "."])],
  [
    "scan",
    () =>
      run(["run", "-A", "lib/cli/main.ts", "scan", "main.ts", "src", "routes"]),
  ],
  ["house", () => run(["run", "-A", "scripts/checks/mod.ts"])],
  [
    "tests",
    () =>
      run([
        "run",
        "-A",
        "scripts/run_tests.ts",
        "--doc",
        `--coverage=${folder}`,
        "--coverage-raw-data-only",
      ]),
  ],
  ["coverage", () => coverage(folder)],
];
let failed = false;
try {
  for (const [name, step] of steps) {
    const started = performance.now();
    console.log(`── ${name}`);
    await step();
    console.log(
      `── ${name}: ok (${((performance.now() - started) / 1000).toFixed(1)} s)`,
    );
  }
} catch (error) {
  failed = true;
  console.error(`── failed: ${error instanceof Error ? error.message : error}`);
} finally {
  await Deno.remove(folder, { recursive: true });
}
if (failed) Deno.exit(1);
