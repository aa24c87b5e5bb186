import { readdir, readFile, stat } from "node:fs/promises";
import { posix } from "node:path";
import type { ScanHost } from "./types.ts";

function isMissing(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR";
}

/** Reads from the file system. */
export const fileSystem: ScanHost = {
  async readText(path) {
    try {
      return await readFile(path, "utf8");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async kindOf(path) {
    try {
      const found = await stat(path);
      return found.isDirectory() ? "folder" : "file";
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },
  async list(path) {
    const entries = await readdir(path, { withFileTypes: true });
    return entries.map((entry) =>
      entry.isDirectory() ? `${entry.name}/` : entry.name
    );
  },
};

/** A host of files in memory: absolute path to text. */
export function memoryHost(files: Readonly<Record<string, string>>): ScanHost {
  const paths = Object.keys(files);
  const isFolder = (path: string) =>
    paths.some((one) => one.startsWith(path === "/" ? "/" : `${path}/`));
  return {
    readText: (path) => Promise.resolve(files[path]),
    kindOf: (path) =>
      Promise.resolve(
        files[path] !== undefined
          ? "file"
          : isFolder(path)
          ? "folder"
          : undefined,
      ),
    list(path) {
      const names = new Set<string>();
      for (const one of paths) {
        const inside = posix.relative(path, one);
        if (inside.startsWith("..") || inside === "") continue;
        const cut = inside.indexOf("/");
        names.add(cut < 0 ? inside : inside.slice(0, cut + 1));
      }
      return Promise.resolve([...names]);
    },
  };
}
