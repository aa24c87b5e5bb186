import { newDataFolder } from "./postgres_data.ts";
import { pathsWithBinaries } from "./postgres_binaries.ts";
import { giveToServer, run } from "./run.ts";

/** A PostgreSQL server of the tests' own, on a port that the system chose. */
export interface TestPostgres extends AsyncDisposable {
  /** Superuser URL of the database `postgres`. */
  readonly url: string;
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

/** A folder with a server's data, and the server while it runs. */
export interface TestCluster {
  /** The folder with the server's programs. */
  readonly bin: string;
  start(): Promise<void>;
  /** Ends it without a word to its clients. */
  stop(): Promise<void>;
  /** Ends it and deletes the folder. */
  remove(): Promise<void>;
}

/** A port on 127.0.0.1 that nobody listens on. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * Makes a server's data in a temporary folder and starts it, on 127.0.0.1,
 * with durability off.
 *
 * @param options.make Fills the folder `data`.
 * @throws {Error} No PostgreSQL binaries are found; says where they were sought.
 */
export async function startCluster(options: {
  port: number;
  settings: Record<string, string>;
  make: (bin: string, data: string) => Promise<unknown>;
}): Promise<TestCluster> {
  const bin = await pathsWithBinaries();
  const folder = await Deno.makeTempDir({ prefix: "loophound-pg-" });
  await giveToServer(folder);
  const data = `${folder}/data`;
  await options.make(bin, data);
  const settings: Record<string, string> = {
    port: String(options.port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
    max_connections: "60",
    ...options.settings,
  };
  const asOptions = Object.entries(settings).map(([name, value]) =>
    `-c ${name}=${value}`
  ).join(" ");
  const control = (...args: string[]) =>
    run(`${bin}/pg_ctl`, ["-D", data, "-w", ...args], { asServer: true });
  let runs = false;
  const start = async () => {
    await control("-l", `${folder}/log`, "-o", asOptions, "start");
    runs = true;
  };
  const stop = async () => {
    if (!runs) return;
    runs = false;
    await control("-m", "immediate", "stop");
  };
  let removed: Promise<void> | undefined;
  const remove = () =>
    removed ??= (async () => {
      await stop();
      await Deno.remove(folder, { recursive: true });
    })();
  await start();
  return { bin, start, stop, remove };
}

/**
 * Starts a throwaway PostgreSQL cluster in a temporary folder, on 127.0.0.1
 * and a free port, with durability off.
 *
 * @param options.ownIdentifier It may not be one that other clusters of this
 * run have: the identifier tells clusters apart.
 * @throws {Error} No PostgreSQL binaries are found; says where they were sought.
 */
export async function startPostgres(
  settings: Record<string, string> = {},
  options: { ownIdentifier?: boolean } = {},
): Promise<TestPostgres> {
  const port = freePort();
  const cluster = await startCluster({
    port,
    settings,
    make: (bin, data) => newDataFolder(bin, data, options),
  });
  let databases = 0;
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async createDatabase() {
      const name = `test_${++databases}`;
      await run(`${cluster.bin}/createdb`, [
        "-h",
        "127.0.0.1",
        "-p",
        String(port),
        "-U",
        "postgres",
        name,
      ]);
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    stop: () => cluster.remove(),
    [Symbol.asyncDispose]: () => cluster.remove(),
  };
}
