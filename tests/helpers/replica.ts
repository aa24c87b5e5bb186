import pg from "pg";
import { freePort, startCluster, type TestPostgres } from "./postgres.ts";
import { run } from "./run.ts";

/** A streaming replica of a test's own. */
export interface TestReplica extends AsyncDisposable {
  readonly port: number;
  /** The URL here of a database there. */
  urlOf(primaryUrl: string): string;
  /** What comes in is no longer replayed: it falls behind. */
  pauseReplay(): Promise<void>;
  resumeReplay(): Promise<void>;
  /** Ends it without a word to its clients. */
  kill(): Promise<void>;
  /** After {@linkcode kill}: starts it again, on the same port. */
  restart(): Promise<void>;
  /** @param primaryUrl Names the database. @default {"postgres"} */
  query<Row = Record<string, unknown>>(
    text: string,
    primaryUrl?: string,
  ): Promise<Row[]>;
}

/**
 * Starts a streaming replica of a server with `pg_basebackup -R`.
 *
 * @param settings Of the replica, besides the primary's.
 */
export async function startReplica(
  primary: TestPostgres,
  settings: Record<string, string> = {},
): Promise<TestReplica> {
  const port = freePort();
  const cluster = await startCluster({
    settings: { hot_standby: "on", ...settings },
    port,
    make: (bin, data) =>
      run(`${bin}/pg_basebackup`, [
        "--dbname",
        primary.url,
        "--pgdata",
        data,
        "--write-recovery-conf",
        "--wal-method=stream",
        "--checkpoint=fast",
        "--no-sync",
      ], { asServer: true }),
  });
  const urlOf = (primaryUrl: string): string => {
    const url = new URL(primaryUrl);
    url.port = String(port);
    return url.href;
  };
  const query = async <Row>(text: string, primaryUrl = primary.url) => {
    const client = new pg.Client({ connectionString: urlOf(primaryUrl) });
    await client.connect();
    try {
      return (await client.query(text)).rows as Row[];
    } finally {
      await client.end();
    }
  };
  return {
    port,
    urlOf,
    query,
    pauseReplay: async () => void await query("select pg_wal_replay_pause()"),
    resumeReplay: async () => void await query("select pg_wal_replay_resume()"),
    kill: () => cluster.stop(),
    restart: () => cluster.start(),
    [Symbol.asyncDispose]: () => cluster.remove(),
  };
}
