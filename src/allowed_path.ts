import { isAbsolute, join, relative, sep } from "node:path";
import { ProblemError } from "./errors.ts";

/** Options of {@linkcode resolveAllowedPath}. */
export interface AllowedPathOptions {
  /** Folders, absolute. Those that do not exist allow nothing. */
  roots: readonly string[];
  /**
   * The path must be a folder, not a regular file.
   *
   * @default {false}
   */
  folder?: boolean;
}

/** Longer than any file system takes. */
const maxLength = 4_096;

async function realPath(path: string): Promise<string | undefined> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    // No such file, no right to look, a file where a folder should be, a loop
    // of links: all the same to who asks.
    if (error instanceof Deno.errors.PermissionDenied) return undefined;
    if (error instanceof Error && "code" in error) return undefined;
    throw error;
  }
}

function isInside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === "" ||
    (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function problem(
  name: "path-outside-roots" | "file-not-found" | "invalid-parameter",
  detail: string,
): ProblemError {
  return new ProblemError(name, {
    detail,
    errors: [{ field: "path", detail }],
  });
}

/**
 * Finds the file that a caller has named, if loads may read it. An absolute
 * path must lead into a root; a relative one is sought in each root, in order.
 * Links are followed, and what counts is where they lead.
 *
 * What is outside the roots is answered alike whether it exists or not.
 *
 * Between this look and the opening of the file, someone who may write in a
 * root can put a link in its place: roots are for people who are trusted with
 * the files that the server can read.
 *
 * @returns The real path: absolute, without links.
 * @throws {ProblemError} `path-outside-roots`, `file-not-found`, or
 * `invalid-parameter`: no path at all, or not what is asked for (a device, a
 * pipe, a folder where a file is wanted).
 */
export async function resolveAllowedPath(
  path: string,
  options: AllowedPathOptions,
): Promise<string> {
  const { roots, folder = false } = options;
  if (path === "" || path.length > maxLength || path.includes("\0")) {
    throw problem(
      "invalid-parameter",
      `Cannot read the path ${
        JSON.stringify(path.slice(0, 100))
      }: it is no path of a file`,
    );
  }
  const outside = problem(
    "path-outside-roots",
    `Cannot read "${path}": it is outside the folders that loads may read (ALLOWED_ROOTS)`,
  );
  let mayBeThere = false;
  for (const root of roots) {
    const realRoot = await realPath(root);
    if (realRoot === undefined) continue;
    const asked = isAbsolute(path) ? path : join(root, path);
    const found = await realPath(asked);
    if (found !== undefined && isInside(found, realRoot)) {
      await assertKind(found, { path, folder });
      return found;
    }
    // Only a name inside the root, in a folder inside the root, may be told
    // to be missing.
    if (found === undefined && await isMissingInside(asked, root, realRoot)) {
      mayBeThere = true;
    }
  }
  if (!mayBeThere) throw outside;
  throw problem("file-not-found", `Cannot read "${path}": no such file`);
}

/**
 * Whether a path that leads nowhere would lie in the root: the nearest folder
 * above it that exists does.
 */
async function isMissingInside(
  asked: string,
  root: string,
  realRoot: string,
): Promise<boolean> {
  const plain = join(asked);
  if (!isInside(plain, join(root)) && !isInside(plain, realRoot)) return false;
  for (let above = plain;;) {
    // A link that leads nowhere says nothing of where it would lead.
    if (await isLink(above)) return false;
    const parent = join(above, "..");
    const real = await realPath(parent);
    if (real !== undefined) return isInside(real, realRoot);
    if (parent === above) return false;
    above = parent;
  }
}

async function isLink(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isSymlink;
  } catch {
    return false;
  }
}

async function assertKind(
  found: string,
  { path, folder }: { path: string; folder: boolean },
): Promise<void> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.stat(found);
  } catch {
    throw problem("file-not-found", `Cannot read "${path}": no such file`);
  }
  if (folder ? info.isDirectory : info.isFile) return;
  throw problem(
    "invalid-parameter",
    `Cannot read "${path}": it is not a ${folder ? "folder" : "regular file"}`,
  );
}
