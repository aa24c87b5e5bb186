import { fileURLToPath } from "node:url";

/** The folder of real kidney data, beside the repository, if it is there. */
export const REAL_DATA = fileURLToPath(
  new URL("../../../shared/data/kidney", import.meta.url),
);

/**
 * Answers whether the real data is there; says on the console when it is not,
 * so that a run without it is not mistaken for one with it.
 */
export async function haveRealData(test: string): Promise<boolean> {
  try {
    return (await Deno.stat(REAL_DATA)).isDirectory;
  } catch {
    console.log(`${test}: skipped, there is no ${REAL_DATA}`);
    return false;
  }
}

/** Names of the JSON files of a folder of the real data, sorted. */
export async function realFiles(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(`${REAL_DATA}/${folder}`)) {
    if (entry.name.endsWith(".json")) names.push(entry.name);
  }
  return names.sort().map((name) => `${REAL_DATA}/${folder}/${name}`);
}
