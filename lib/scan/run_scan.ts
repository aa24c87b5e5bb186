import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { MissingPathError } from "./_walk_paths.ts";
import { fileSystem } from "./_host.ts";
import {
  compareWithBaseline,
  formatBaseline,
  makeBaseline,
  parseBaseline,
  type ScanBaseline,
  shrinkBaseline,
} from "./baseline.ts";
import { formatJson } from "./format_json.ts";
import { formatSarif } from "./format_sarif.ts";
import { formatText } from "./format_text.ts";
import { scan } from "./scan.ts";
import type { ScanResult } from "./types.ts";

const HELP = `Usage: loophound scan <paths> [options]

Finds what holds the event loop in a whole program, without running it: from
each handler, timer, event and stream callback to the blocking call.

Paths are files and folders. Imports are followed through import maps and
workspaces; packages are not.

  --format <format>        text, json or sarif  (default: text)
  --config <deno.json>     default: the nearest one at or above the first path
  --all                    also what depends on its size, as notes
  --tests                  test files too
  --off-loop <module#name> what runs the functions it is given in a thread
  --baseline <file>        tell only what is not in this file
  --init-baseline          make that file; it must not exist
  --update-baseline        take out of it what is no longer found
  --help                   this

A call is allowed by a comment on its line or above it:
  // loophound-allow node:fs.readFileSync: reason (until 2027-01-31)

Exit codes: 0 nothing found, 1 findings, 2 wrong use.
`;

const FORMATS = {
  text: formatText,
  json: formatJson,
  sarif: formatSarif,
} as const;

/** Where {@linkcode runScan} writes. */
export interface ScanOutput {
  /**
   * @default {standard output}
   */
  out?: (text: string) => void;
  /**
   * @default {standard error}
   */
  err?: (text: string) => void;
  /**
   * Folder that paths are relative to.
   *
   * @default {the current folder}
   */
  root?: string;
}

/** The arguments make no sense. */
class UsageError extends Error {
  override name = "UsageError";
}

interface Arguments {
  paths: string[];
  format: keyof typeof FORMATS;
  config: string | undefined;
  all: boolean;
  tests: boolean;
  offLoop: string[];
  baseline: string | undefined;
  init: boolean;
  update: boolean;
}

function readArguments(args: readonly string[]): Arguments | "help" {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: "string", default: "text" },
      config: { type: "string" },
      all: { type: "boolean", default: false },
      tests: { type: "boolean", default: false },
      "off-loop": { type: "string", multiple: true, default: [] },
      baseline: { type: "string" },
      "init-baseline": { type: "boolean", default: false },
      "update-baseline": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  if (positionals.length === 0) {
    throw new UsageError("Cannot scan nothing: name files or folders");
  }
  const { format, baseline } = values;
  if (!Object.hasOwn(FORMATS, format)) {
    throw new UsageError(
      `Cannot print --format "${format}": the formats are text, json and sarif`,
    );
  }
  const init = values["init-baseline"];
  const update = values["update-baseline"];
  if ((init || update) && baseline === undefined) {
    throw new UsageError("Cannot write a baseline: --baseline names none");
  }
  if (init && update) {
    throw new UsageError(
      "Cannot both make and update a baseline: give one of the two",
    );
  }
  return {
    paths: positionals,
    format: format as keyof typeof FORMATS,
    config: values.config,
    all: values.all,
    tests: values.tests,
    offLoop: values["off-loop"],
    baseline,
    init,
    update,
  };
}

async function readBaseline(
  file: string,
  init: boolean,
): Promise<ScanBaseline> {
  const text = await fileSystem.readText(file);
  if (init) {
    if (text === undefined) return {};
    throw new UsageError(
      `Cannot make the baseline ${file}: it exists, and may only shrink (--update-baseline)`,
    );
  }
  if (text === undefined) {
    throw new UsageError(
      `Cannot read the baseline ${file}: there is no such file; --init-baseline makes it`,
    );
  }
  try {
    return parseBaseline(text);
  } catch (error) {
    throw new UsageError(
      `${file}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

function counted(number: number): string {
  return `${number} finding${number === 1 ? "" : "s"}`;
}

/** Leaves out what the baseline knows; says what it should no longer know. */
async function applyBaseline(
  found: ScanResult,
  { file, init, update, err }: {
    file: string;
    init: boolean;
    update: boolean;
    err: (text: string) => void;
  },
): Promise<{ result: ScanResult; mustShrink: boolean }> {
  let baseline = await readBaseline(file, init);
  if (init) {
    baseline = makeBaseline(found);
    await writeFile(file, formatBaseline(baseline));
  }
  const { result, known, gone } = compareWithBaseline(found, baseline);
  if (known > 0) err(`${counted(known)} known by the baseline\n`);
  if (gone.length === 0) return { result, mustShrink: false };
  const list = gone.map((fingerprint) => `  ${fingerprint}\n`).join("");
  if (update) {
    await writeFile(file, formatBaseline(shrinkBaseline(baseline, gone)));
    err(`${counted(gone.length)} taken out of the baseline\n`);
    return { result, mustShrink: false };
  }
  err(
    `${
      counted(gone.length)
    } of the baseline found no more: it must shrink (--update-baseline)\n${list}`,
  );
  return { result, mustShrink: true };
}

/**
 * The command `loophound scan`.
 *
 * @param args What comes after its name.
 * @param output Where it writes.
 * @returns Exit code: 0 nothing found, 1 findings (new ones, where there is a
 * baseline, or a baseline that must shrink, allowances to mend, files that
 * could not be scanned), 2 wrong use.
 */
export async function runScan(
  args: readonly string[],
  output: ScanOutput = {},
): Promise<number> {
  const {
    out = (text) => void process.stdout.write(text),
    err = (text) => void process.stderr.write(text),
    root = process.cwd(),
  } = output;
  try {
    const asked = readArguments(args);
    if (asked === "help") {
      out(HELP);
      return 0;
    }
    const { paths, format, baseline, init, update, config, ...options } = asked;
    const file = baseline === undefined ? undefined : resolve(root, baseline);
    // Before the work, not after it.
    if (file !== undefined) await readBaseline(file, init);
    let result = await scan(paths, {
      ...options,
      ...(config === undefined ? {} : { config }),
      root,
    });
    let mustShrink = false;
    if (file !== undefined) {
      ({ result, mustShrink } = await applyBaseline(result, {
        file,
        init,
        update,
        err,
      }));
    }
    out(FORMATS[format](result));
    const { findings, allowances, problems } = result;
    const isClean = !mustShrink && allowances.length === 0 &&
      problems.length === 0 &&
      findings.every(({ level }) => level === "note");
    return isClean ? 0 : 1;
  } catch (error) {
    if (!isUsage(error)) throw error;
    err(`${error.message}\n`);
    return 2;
  }
}

function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError || error instanceof MissingPathError) {
    return true;
  }
  const { code } = error as { code?: unknown };
  return error instanceof SyntaxError || error instanceof TypeError &&
      (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS") ||
        /off the loop/.test(error.message));
}
