/** The whole case book, as tools read it. */
import { BOOK, type BookFile } from "./book/mod.ts";
import type { Case, CaseModule } from "./case.ts";
import { markedLines, type Place, readBook } from "./labels.ts";

/** A case with the file that it is in. */
export interface BookCase {
  it: Case;
  file: BookFile;
  /** The lines to blame; none of an innocent. */
  places: readonly Place[];
}

/** The book. */
export interface CaseBook {
  cases: readonly BookCase[];
  /** Sources by file name, helpers included. */
  sources: ReadonlyMap<string, string>;
  /** Lines that hold the loop in some case, by case. */
  culprits: ReadonlyMap<string, readonly Place[]>;
  /** Lines that call a helper that holds the loop. */
  ways: ReadonlyMap<string, readonly Place[]>;
  /** Lines with a listed call that is short. */
  short: ReadonlyMap<string, readonly Place[]>;
}

/** Loads all files of the book. */
export async function loadBook(): Promise<CaseBook> {
  const sources = await readBook();
  const culprits = markedLines(sources);
  const ways = markedLines(sources, "way");
  const short = markedLines(sources, "short");
  const cases: BookCase[] = [];
  for (const file of BOOK) {
    const module: CaseModule = await import(`./book/${file.file}`);
    for (const it of module.cases) {
      cases.push({ it, file, places: culprits.get(it.name) ?? [] });
    }
  }
  return { cases, sources, culprits, ways, short };
}
