/** Path (relative to the root, with `/`) and text of every file we wrote. */
export interface SourceFile {
  path: string;
  text: string;
}

const SKIP = new Set([".git", "node_modules", "coverage", "data", "vendor"]);

/** All TypeScript files below a folder, sorted by path. */
export async function typescriptFiles(root: string): Promise<SourceFile[]> {
  const files: SourceFile[] = [];
  const walk = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(`${root}/${folder}`)) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory && !SKIP.has(entry.name)) await walk(path);
      else if (entry.isFile && path.endsWith(".ts")) {
        files.push({ path, text: await Deno.readTextFile(`${root}/${path}`) });
      }
    }
  };
  await walk("");
  return files.sort((a, b) => a.path < b.path ? -1 : 1);
}
