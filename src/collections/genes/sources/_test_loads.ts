// deno-lint-ignore-file loophound/no-async-in-name-only -- test input, a few KB
import { createThreadPool } from "@loophound/toolkit/offload";
import { join } from "node:path";
import { startPostgres } from "../../../../tests/helpers/postgres.ts";
import { coreMigrations } from "../../../db/core_migrations.ts";
import { openEngine } from "../../../db/engine.ts";
import { migrate } from "../../../db/migrate.ts";
import type { LoadTask, LoadTaskOutput } from "../../../load_task.ts";
import { migrations } from "../migrations.ts";

/** A database with the schema of the collection, and files to load into it. */
export interface LoadDatabase {
  readonly engine: "PGlite" | "PostgreSQL";
  query<R = Record<string, unknown>>(
    sql: string,
    params?: readonly unknown[],
  ): Promise<R[]>;
  /** Runs a source's task on a file, in this thread. */
  load<Fields>(
    task: LoadTask<Fields>,
    options: LoadOptions<Fields>,
  ): Promise<LoadTaskOutput>;
}

/** Options of {@linkcode LoadDatabase.load}. */
export interface LoadOptions<Fields> {
  source: string;
  /** The file's content; a URL: the file itself. */
  file: string | Uint8Array | URL;
  /** @default {{}} */
  fields?: Fields;
  /** @default {a new one} */
  id?: string;
  /** @default {false} */
  dryRun?: boolean;
  /** @default {false} */
  sample?: boolean;
}

/** Cases by name; each starts on empty tables. */
export type LoadCases = Record<
  string,
  (database: LoadDatabase) => Promise<void>
>;

/** Content as gzip. */
export async function gzipped(content: string): Promise<Uint8Array> {
  const stream = new Blob([content]).stream().pipeThrough(
    new CompressionStream("gzip"),
  );
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The counts of a load that tests compare. */
export function countsOf(output: LoadTaskOutput): Record<string, number> {
  const {
    rows,
    accepted,
    rejected,
    duplicates,
    inserted,
    updated,
    unchanged,
    unresolved,
    removed,
  } = output;
  const all = {
    rows,
    accepted,
    rejected,
    duplicates,
    inserted,
    updated,
    unchanged,
    unresolved,
    removed,
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, count]) => count !== 0),
  );
}

/** Reasons with the places where they were met, `line:column`. */
export function placesOf(output: LoadTaskOutput): Record<string, string[]> {
  return Object.fromEntries(
    output.reasons.map(({ reason, examples }) => [
      reason,
      examples.map(({ line, column }) => `${line}:${column}`),
    ]),
  );
}

async function runCases(
  t: Deno.TestContext,
  cases: LoadCases,
  databaseUrl: string | undefined,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "loophound-sources-" });
  await using pool = await createThreadPool({
    classes: { query: { threads: 1 } },
  });
  const engine = await openEngine({
    dataDir: join(folder, "data"),
    databaseUrl,
    pool,
  });
  await migrate(engine, {
    core: coreMigrations,
    collections: [{ name: "genes", migrations }],
  });
  let files = 0;
  const database: LoadDatabase = {
    engine: databaseUrl === undefined ? "PGlite" : "PostgreSQL",
    async query<R>(sql: string, params: readonly unknown[] = []) {
      return (await engine.executeSql(sql, params)).rows as R[];
    },
    async load(task, { source, file, fields, id, dryRun, sample }) {
      const number = ++files;
      let path = join(folder, `${number}.txt`);
      if (file instanceof URL) path = file.pathname;
      else if (typeof file === "string") await Deno.writeTextFile(path, file);
      else await Deno.writeFile(path, file);
      const { size } = await Deno.stat(path);
      return await task.run({
        id: id ?? `load-${number}`,
        source,
        file: { path, name: path, bytes: size },
        fields: fields ?? {} as NonNullable<typeof fields>,
        dryRun: dryRun ?? false,
        sample: sample ?? false,
        db: engine.address("load"),
        maxExpandedBytes: 2 ** 30,
        maxRecordBytes: 2 ** 20,
      }, { signal: new AbortController().signal, progress: () => {} });
    },
  };
  const tables = await database.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables
     where schemaname = 'public' and tablename <> 'schema_migrations'`,
  );
  for (const [name, test] of Object.entries(cases)) {
    await t.step(name, async () => {
      await engine.executeSql(
        `truncate ${tables.map((table) => table.name).join(", ")}`,
      );
      await test(database);
    });
  }
  await engine.close();
  await Deno.remove(folder, { recursive: true });
}

/** Runs each case on empty tables, on both engines. */
export function onBothEngines(name: string, cases: LoadCases): void {
  Deno.test(`${name} on PGlite`, (t) => runCases(t, cases, undefined));
  Deno.test(`${name} on PostgreSQL`, async (t) => {
    await using server = await startPostgres();
    await runCases(t, cases, await server.createDatabase());
  });
}

/** A folder or file of the real data, or undefined where it is not. */
export async function realData(path: string): Promise<URL | undefined> {
  const url = new URL(
    `../../../../../shared/data/kidney/${path}`,
    import.meta.url,
  );
  try {
    await Deno.stat(url);
    return url;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
