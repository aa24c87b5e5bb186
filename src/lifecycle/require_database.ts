import { type Config, ConfigError } from "../config.ts";

/** What about a host decides whether the embedded database can be used. */
export interface HostOfDatabase {
  /** The host is Deno Deploy. */
  deploy: boolean;
  /** The runtime has `navigator.locks`. */
  locks: boolean;
  /** Version of Deno. */
  version: string;
  /** Isolates of this process that run the program. */
  isolates: number;
}

/**
 * Checks that there is a database to use. Deno Deploy gives instances no disk
 * that lasts, and a Deno without Web Locks (before 2.9) cannot end a stuck
 * database thread: both need a server. So do several isolates in one process:
 * two embedded databases on one folder would lose rows.
 *
 * @throws {ConfigError} A server is needed and none is set.
 */
export function requireDatabase(
  config: Pick<Config, "databaseUrl">,
  host: HostOfDatabase,
): void {
  if (config.databaseUrl !== undefined) return;
  const reason = host.deploy
    ? "on Deno Deploy an embedded database is lost with its instance"
    : !host.locks
    ? `the embedded database needs Deno 2.9 or newer, and this is ${host.version}`
    : host.isolates > 1
    ? "the embedded database takes one isolate, and --parallel starts several"
    : undefined;
  if (reason === undefined) return;
  throw new ConfigError(
    `Cannot start without a database: ${reason}. Set DATABASE_URL to a PostgreSQL server, like postgres://user:password@host:5432/name`,
  );
}
