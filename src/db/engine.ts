import { openPgliteEngine } from "./engine_pglite.ts";
import { openPostgresEngine } from "./engine_postgres.ts";
import type { EngineOptions } from "./engine_options.ts";
import type { Engine } from "./types.ts";

export type { EngineOptions, HeavyFigures } from "./engine_options.ts";
export { enginesAlive } from "./engines_alive.ts";

/**
 * Opens the database: PostgreSQL when a URL is given, else the embedded
 * engine.
 *
 * @throws {DataDirLockedError} Another process has the data folder open.
 * @throws {DataDirVersionError} The folder is of another major version.
 */
export function openEngine(options: EngineOptions): Promise<Engine> {
  return options.databaseUrl === undefined
    ? openPgliteEngine(options)
    : openPostgresEngine({ ...options, databaseUrl: options.databaseUrl });
}
