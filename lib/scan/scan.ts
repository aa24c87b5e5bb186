import { posix } from "node:path";
import process from "node:process";
import { applyAllowances } from "./_allowances.ts";
import { analyse } from "./_analyse.ts";
import { findConfig, readConfig } from "./_config.ts";
import { findCulprits, withFingerprints } from "./_findings.ts";
import { fileSystem } from "./_host.ts";
import { loadProgram } from "./_program.ts";
import { walkPaths } from "./_walk_paths.ts";
import type { ScanOptions, ScanProblem, ScanResult } from "./types.ts";

/** Paths with `/`, on every system. */
function withSlashes(path: string): string {
  return path.replaceAll("\\", "/");
}

/**
 * Finds what holds the loop in a whole program, without running it: from each
 * handler, timer, event callback and stream callback through every function,
 * across files, to the calls of the list of blocking APIs.
 *
 * What is only done while the program starts is not told, nor what runs in a
 * thread. It reads and computes for a few seconds a thousand files, on the
 * calling thread: a tool for the command line, not for a server.
 *
 * @param paths Files and folders, from the root. What they import is followed,
 * packages excepted.
 * @returns Findings with their paths, and what could not be scanned.
 * @throws {Error} A path leads nowhere; the config cannot be read.
 * @throws {TypeError} A name in `offLoop` is not of the form `module#name`.
 *
 * @example Usage
 * ```ts
 * import { memoryHost, scan } from "@loophound/toolkit/scan";
 * import assert from "node:assert/strict";
 *
 * const host = memoryHost({
 *   "/app/main.ts": `
 *     import { load } from "./load.ts";
 *     Deno.serve(() => new Response(load()));
 *   `,
 *   "/app/load.ts": `
 *     export const load = () => Deno.readTextFileSync("page.html");
 *   `,
 * });
 * const { findings } = await scan(["main.ts"], { root: "/app", host });
 *
 * assert.equal(findings[0]?.api.id, "Deno.readTextFileSync");
 * assert.deepEqual(
 *   findings[0]?.path.map((step) => `${step.function} ${step.file}:${step.line}`),
 *   ["<anonymous> main.ts:3", "load load.ts:2"],
 * );
 * ```
 */
export async function scan(
  paths: readonly string[],
  options: ScanOptions = {},
): Promise<ScanResult> {
  const {
    host = fileSystem,
    all = false,
    tests = false,
    offLoop = [],
    today = new Date().toISOString().slice(0, 10),
  } = options;
  const root = withSlashes(options.root ?? process.cwd());
  const full = paths.map((path) => posix.resolve(root, withSlashes(path)));
  const config = options.config === undefined
    ? await findConfig(host, full[0] ?? root)
    : await readConfig(host, posix.resolve(root, withSlashes(options.config)));
  const files = await walkPaths(full, {
    host,
    exclude: config.exclude,
    tests,
  });
  const program = await loadProgram(files, { host, config });
  const analysis = analyse(program, { offLoop, root });
  const { found, entries } = findCulprits(analysis, root);
  const { kept, allowed, problems: allowances } = applyAllowances(found, {
    modules: program.modules,
    today,
    root,
    whole: new Set(files),
  });
  return {
    findings: withFingerprints(
      kept.map(({ finding }) => finding).filter(({ level }) =>
        all || level === "finding"
      ),
    ),
    allowances,
    problems: program.problems.map((problem): ScanProblem => ({
      ...problem,
      file: posix.relative(root, problem.file),
    })),
    stats: {
      files: program.modules.length,
      characters: program.characters,
      functions: program.modules.reduce(
        (sum, { functions }) => sum + functions.length,
        0,
      ),
      entries,
      allowed,
      threadFiles: program.modules.length - analysis.onLoop.size,
    },
  };
}
