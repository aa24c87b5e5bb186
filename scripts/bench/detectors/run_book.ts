/** Runs the case book, or a part of it, under a detector. */
import { BOOK } from "../../../tests/cases/book/mod.ts";
import {
  type CaseHost,
  type HostProgram,
  startHost,
} from "../../../tests/cases/drive.ts";
import { judge, type Run } from "../../../tests/cases/judge.ts";
import type { BookCase, CaseBook } from "../../../tests/cases/load_book.ts";
import { Score } from "./score.ts";

/** Options of {@linkcode runBook}. */
export interface RunOptions {
  /** The program that runs the cases of a file. */
  host(file: string): HostProgram;
  /** How often each case is run. */
  occurrences: number;
  /** @default {all cases} */
  only?: (one: BookCase) => boolean;
}

/** A host that is started anew when it does not answer any more. */
class PatientHost implements AsyncDisposable {
  readonly #program: HostProgram;
  #host: CaseHost | null = null;

  constructor(program: HostProgram) {
    this.#program = program;
  }

  /** Null when the host gave up or was too slow. */
  async run(one: BookCase): Promise<Run | null> {
    try {
      this.#host ??= await startHost(this.#program);
      return await this.#host.run(one.it);
    } catch {
      await this[Symbol.asyncDispose]();
      return null;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const host = this.#host;
    this.#host = null;
    await host?.[Symbol.asyncDispose]();
  }
}

/** Runs cases; answers the score. A case that its host does not survive counts as not found. */
export async function runBook(
  book: CaseBook,
  options: RunOptions,
): Promise<Score> {
  const { host, occurrences, only = () => true } = options;
  const score = new Score();
  for (const { file } of BOOK) {
    const cases = book.cases.filter((one) =>
      one.file.file === file && only(one)
    );
    if (cases.length === 0) continue;
    await using running = new PatientHost(host(file));
    for (const one of cases) {
      for (let i = 0; i < occurrences; i++) {
        const { it, places } = one;
        // Once is enough to know that it does not come to an end.
        const run = score.gaveUp.has(it.name) ? null : await running.run(one);
        if (run === null) score.gaveUp.add(it.name);
        const seen = run ?? { reports: [], stalls: [] };
        if (it.innocent) score.addInnocent(it.name, seen.reports.length > 0);
        else score.addBlock(it.name, i, judge(it, places, seen));
      }
    }
  }
  return score;
}
