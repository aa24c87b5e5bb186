import { posix } from "node:path";
import { isScript } from "./_syntax.ts";
import type { ScanHost } from "./types.ts";

const TEST_FILE = /(?:^|[/_.])test\.[cm]?[jt]sx?$|\/__tests__\//;
const SKIPPED = new Set(["node_modules/", "coverage/"]);

/** A path that was given leads nowhere. */
export class MissingPathError extends Error {
  override name = "MissingPathError";
}

/**
 * The files that paths name: files as they are, folders with all scripts in
 * them, without packages, hidden folders, what the config excludes and, unless
 * asked for, tests.
 *
 * @param paths Absolute.
 * @throws {MissingPathError} There is nothing at a path.
 */
export async function walkPaths(
  paths: readonly string[],
  { host, exclude, tests }: {
    host: ScanHost;
    exclude: readonly string[];
    tests: boolean;
  },
): Promise<string[]> {
  const files = new Set<string>();
  const excluded = new Set(exclude);
  const walk = async (folder: string): Promise<void> => {
    const names = [...await host.list(folder)].sort();
    for (const name of names) {
      const path = posix.join(folder, name).replace(/\/$/, "");
      if (name.startsWith(".") || SKIPPED.has(name) || excluded.has(path)) {
        continue;
      }
      if (name.endsWith("/")) await walk(path);
      else if (isScript(name) && (tests || !TEST_FILE.test(path))) {
        files.add(path);
      }
    }
  };
  for (const path of paths) {
    const kind = await host.kindOf(path);
    if (kind === undefined) {
      throw new MissingPathError(
        `Cannot scan "${path}": there is no such file or folder`,
      );
    }
    if (kind === "file") files.add(path);
    else await walk(path);
  }
  return [...files];
}
