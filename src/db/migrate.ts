import { getLogger } from "@logtape/logtape";
import type { Collection, SqlMigration } from "../collection.ts";
import type { Engine } from "./types.ts";

const logger = getLogger(["loophound", "db"]);

/** Options of {@linkcode migrate}. */
export interface MigrateOptions {
  /** Migrations of tables that belong to no collection. */
  core: readonly SqlMigration[];
  collections: readonly Pick<Collection, "name" | "migrations">[];
}

/** What {@linkcode migrate} did. */
export interface MigrateResult {
  /** Names of the migrations that were run now, in order. */
  applied: string[];
  /**
   * Names that the database has and this program does not know: a newer
   * program runs beside this one, or ran before it.
   */
  unknown: string[];
}

/** A migration failed; the database has all before it and nothing of it. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
  readonly migration: string;

  constructor(migration: string, options: ErrorOptions) {
    const { cause } = options;
    super(
      `Cannot run migration "${migration}": ${
        cause instanceof Error ? cause.message : String(cause)
      }`,
      options,
    );
    this.migration = migration;
  }
}

/**
 * Brings the schema up to date: what has not run yet runs, forward only, in
 * the order given (core first, then collection by collection), each in a
 * transaction of its own together with the note that it ran. A lock in the
 * database lets several processes start at once.
 *
 * @throws {MigrationError} One failed.
 */
export async function migrate(
  engine: Engine,
  options: MigrateOptions,
): Promise<MigrateResult> {
  const known = [
    ...options.core.map((one) => ({ ...one, name: `core/${one.name}` })),
    ...options.collections.flatMap(({ name, migrations }) =>
      migrations.map((one) => ({ ...one, name: `${name}/${one.name}` }))
    ),
  ];
  const connection = await engine.connect("migrate");
  try {
    const lock = await connection.lock("migrations");
    try {
      await connection.query(
        `create table if not exists schema_migrations (
           name text collate "C" primary key,
           applied_at timestamptz not null default now()
         )`,
      );
      const { rows } = await connection.query<{ name: string }>(
        "select name from schema_migrations order by name",
      );
      const done = new Set(rows.map(({ name }) => name));
      const applied: string[] = [];
      for (const { name, sql } of known) {
        if (done.has(name)) continue;
        try {
          await connection.batch([
            { sql },
            {
              sql: "insert into schema_migrations (name) values ($1)",
              params: [name],
            },
          ]);
        } catch (cause) {
          throw new MigrationError(name, { cause });
        }
        applied.push(name);
      }
      const names = new Set(known.map(({ name }) => name));
      const unknown = [...done].filter((name) => !names.has(name));
      if (unknown.length > 0) {
        logger.warning(
          "The database has migrations that this program does not know: {unknown}",
          { unknown },
        );
      }
      return { applied, unknown };
    } finally {
      await lock[Symbol.asyncDispose]();
    }
  } finally {
    await connection[Symbol.asyncDispose]();
  }
}
