/**
 * The same cases for Node: the sources of the case book with their types
 * blanked out (lines and columns stay), and the detectors of others, in a
 * temporary folder. Nothing of it is a dependency of this repository.
 *
 * @module
 */
import { dirname, join } from "node:path";
import nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import { BOOK_FOLDER, readBook } from "../../../tests/cases/labels.ts";

/** Pinned: figures are of these. */
export const PACKAGES: Readonly<Record<string, string>> = {
  "@electric-sql/pglite": "0.5.16",
  "@hono/node-server": "2.1.8",
  "@sentry/node": "10.75.3",
  "@sentry/node-native": "10.75.3",
  "blocked-at": "1.2.0",
  "eslint": "10.15.0",
  "eslint-plugin-n": "18.5.0",
  "hono": "4.13.19",
};

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const CASES = join(dirname(BOOK_FOLDER), "");

/** Where the cases are for Node. */
export interface NodeCases {
  folder: string;
  /** `v20.20.2`. */
  version: string;
  /** The program that runs cases. */
  host: string;
  /** The folder of the book. */
  book: string;
}

async function run(
  command: string,
  args: string[],
  cwd: string,
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args,
    cwd,
  }).output();
  if (code !== 0) {
    throw new Error(
      `${command} ${args.join(" ")} ended with ${code}: ${
        new TextDecoder().decode(stderr).trim().slice(-300)
      }`,
    );
  }
  return new TextDecoder().decode(stdout).trim();
}

function withoutTypes(source: string): string {
  const { stripTypeScriptTypes } = nodeModule as unknown as {
    stripTypeScriptTypes(source: string): string;
  };
  return stripTypeScriptTypes(source)
    // `mod.ts` of an import is `mod.mjs` now.
    .replaceAll(/(["'])(\.{1,2}\/[^"']*)\.ts\1/g, "$1$2.mjs$1");
}

async function write(folder: string, path: string): Promise<string> {
  const source = await Deno.readTextFile(join(ROOT, path));
  const target = join(folder, path.replace(/\.ts$/, ".mjs"));
  await Deno.mkdir(dirname(target), { recursive: true });
  await Deno.writeTextFile(
    target,
    path.endsWith(".ts") ? withoutTypes(source) : source,
  );
  return target;
}

/**
 * Makes the folder's contents.
 *
 * @throws {Error} There is no Node or no npm, or npm cannot install.
 */
export async function prepareNode(folder: string): Promise<NodeCases> {
  const version = await run("node", ["--version"], folder);
  await Deno.writeTextFile(
    join(folder, "package.json"),
    JSON.stringify({ private: true, type: "module", dependencies: PACKAGES }),
  );
  await run("npm", ["install", "--no-audit", "--no-fund"], folder);
  const cases = CASES.slice(ROOT.length);
  for (const file of ["case.ts", "misses.ts", "protocol.ts", "host_core.ts"]) {
    await write(folder, join(cases, file));
  }
  for (const name of (await readBook()).keys()) {
    await write(folder, join(cases, "book", name));
  }
  const host = await write(folder, "scripts/bench/detectors/node_host.mjs");
  return { folder, version, host, book: join(folder, cases, "book") };
}
