import { join } from "node:path";
import { uploadSuffix } from "../spool/upload_suffix.ts";

/** Deletes a spooled file; one that is gone already is fine. */
export async function removeSpooled(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * Deletes uploads that no living job refers to.
 *
 * @returns How many were deleted.
 */
export async function removeOrphans(
  folder: string,
  options: {
    alive: ReadonlySet<string>;
    /** Younger files stay: another server may be taking an upload in. */
    minAgeMs: number;
  },
): Promise<number> {
  let removed = 0;
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && entry.name.endsWith(uploadSuffix)) {
        names.push(entry.name);
      }
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
  for (const name of names) {
    const path = join(folder, name);
    if (options.alive.has(path)) continue;
    try {
      const { mtime } = await Deno.stat(path);
      if (Date.now() - (mtime?.getTime() ?? 0) < options.minAgeMs) continue;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) continue;
      throw error;
    }
    await removeSpooled(path);
    removed++;
  }
  return removed;
}
