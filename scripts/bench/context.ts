import {
  startPostgres,
  type TestPostgres,
} from "../../tests/helpers/postgres.ts";
import { writeDescartes, writePanel } from "./input.ts";

/** Genes that the catalogue of the bench has: `G0` to `G4999`. */
export const GENES = 5_000;

/** The database engines that are measured. */
export const ENGINES = ["PGlite", "PostgreSQL"] as const;
export type EngineName = typeof ENGINES[number];

/** What the sections share; made when first asked for, gone at the end. */
export interface Context extends AsyncDisposable {
  /** A temporary folder. */
  readonly folder: string;
  /** `--full` was given. */
  readonly full: boolean;
  /** Rows of the file that is loaded, and of the heavy answer. */
  readonly rows: number;
  /** The same for the embedded engine, which takes far longer. */
  readonly embeddedRows: number;
  say(text: string): void;
  /** A PostgreSQL server of the bench's own. */
  postgres(): Promise<TestPostgres>;
  /** The file that names the genes. */
  panel(): Promise<string>;
  /** A Descartes file; each version has other values. */
  descartes(version: 1 | 2, engine?: EngineName): Promise<string>;
}

/** Without `--full` the embedded engine loads so many times fewer rows. */
const EMBEDDED_SHARE = 5;

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => made ??= make();
}

/** Opens the context of a run. */
export async function openContext(
  options: { full: boolean; rows: number },
): Promise<Context> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "loophound-bench-" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const embeddedRows = options.full
    ? options.rows
    : Math.ceil(options.rows / EMBEDDED_SHARE);
  const file = (version: number, rows: number) =>
    once(async () => {
      const path = `${folder}/tpm${version}_${rows}.csv`;
      await writeDescartes(path, { rows, version });
      return path;
    });
  const server = { 1: file(1, options.rows), 2: file(2, options.rows) };
  const embedded = { 1: file(1, embeddedRows), 2: file(2, embeddedRows) };
  const opened = stack.move();
  return {
    folder,
    full: options.full,
    rows: options.rows,
    embeddedRows,
    say: (text) => console.error(`── ${text}`),
    postgres: once(async () => opened.use(await startPostgres())),
    panel: once(async () => {
      const path = `${folder}/panel.json`;
      await writePanel(path, GENES);
      return path;
    }),
    descartes: (version, engine) =>
      (engine === "PGlite" ? embedded : server)[version](),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** A gene, any of them. */
export function anyGene(): string {
  return `G${Math.floor(Math.random() * GENES)}`;
}
