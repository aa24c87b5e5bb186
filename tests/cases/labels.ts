/** Where the marked lines of the case book are. */
import { fileURLToPath } from "node:url";

/** A line of the book. */
export interface Place {
  /** Name in the folder of the book. */
  file: string;
  /** From 1. */
  line: number;
}

/**
 * What a marker says of its line: `culprit` holds the loop; `way` calls the
 * helper that does; `short` makes a call of the list that takes no time to
 * speak of, so that a tool that knows names only may tell it.
 */
export type Mark = "culprit" | "way" | "short";

const FOLDER = new URL("./book/", import.meta.url);
const MARKER = /\/\/ (culprit|way|short): ([a-z0-9_, ]+)$/;

/** The folder of the book, as a path. */
export const BOOK_FOLDER: string = fileURLToPath(FOLDER);

/** All sources of the book, helpers included, by file name. */
export async function readBook(): Promise<Map<string, string>> {
  const sources = new Map<string, string>();
  for await (const { name, isFile } of Deno.readDir(FOLDER)) {
    if (!isFile) continue;
    sources.set(name, await Deno.readTextFile(new URL(name, FOLDER)));
  }
  return new Map([...sources].sort(([a], [b]) => a < b ? -1 : 1));
}

/** Reads the markers of some sources: the lines of each case. */
export function markedLines(
  sources: ReadonlyMap<string, string>,
  mark: Mark = "culprit",
): Map<string, Place[]> {
  const places = new Map<string, Place[]>();
  for (const [file, source] of sources) {
    for (const [index, text] of source.split("\n").entries()) {
      const found = MARKER.exec(text);
      if (found === null || found[1] !== mark) continue;
      for (const name of found[2]!.split(",").map((it) => it.trim())) {
        const all = places.get(name) ?? [];
        places.set(name, [...all, { file, line: index + 1 }]);
      }
    }
  }
  return places;
}
