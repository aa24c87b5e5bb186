import { resolveAllowedPath } from "./allowed_path.ts";
import type { Source } from "./collection.ts";
import type { LoadRequest } from "./jobs/types.ts";

/**
 * Finds the file or folder that a load by path names.
 *
 * @param path As the caller gave it.
 * @param options.roots Folders that loads may read.
 * @throws {ProblemError} As `resolveAllowedPath` does.
 */
export async function findLoadFile(
  path: string,
  options: { source: Source; roots: readonly string[] },
): Promise<NonNullable<LoadRequest["file"]>> {
  const { source, roots } = options;
  const real = await resolveAllowedPath(path, {
    roots,
    ...(source.kind === "folder" ? { folder: true } : {}),
  });
  const info = await Deno.stat(real);
  return {
    path: real,
    name: path,
    bytes: info.size,
    spooled: false,
    ...(info.mtime === null ? {} : { modifiedMs: info.mtime.getTime() }),
  };
}
