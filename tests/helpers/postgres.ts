import { pathsWithBinaries } from "./postgres_binaries.ts";

/** A PostgreSQL server of the tests' own, on a port that the system chose. */
export interface TestPostgres extends AsyncDisposable {
  /** Superuser URL of the database `postgres`. */
  readonly url: string;
  /** Makes an empty database and answers its URL. */
  createDatabase(): Promise<string>;
  stop(): Promise<void>;
}

async function run(command: string, args: string[]): Promise<string> {
  const output = await new Deno.Command(command, {
    args,
    stdout: "piped",
    stderr: "piped",
    cwd: "/",
  }).output();
  const text = new TextDecoder();
  if (!output.success) {
    throw new Error(
      `Cannot run ${command} ${args.join(" ")}: ${
        text.decode(output.stderr) || text.decode(output.stdout)
      }`,
    );
  }
  return text.decode(output.stdout);
}

/** PostgreSQL refuses to run as root: become `postgres` (or nobody) first. */
function asServerUser(program: string, args: string[]): [string, string[]] {
  if (Deno.uid() !== 0) return [program, args];
  return ["setpriv", [
    "--reuid=postgres",
    "--regid=postgres",
    "--clear-groups",
    program,
    ...args,
  ]];
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * Starts a throwaway PostgreSQL cluster in a temporary folder, on 127.0.0.1
 * and a free port, with durability off.
 *
 * @throws {Error} No PostgreSQL binaries are found; says where they were sought.
 */
export async function startPostgres(
  settings: Record<string, string> = {},
): Promise<TestPostgres> {
  const bin = await pathsWithBinaries();
  const folder = await Deno.makeTempDir({ prefix: "loophound-pg-" });
  if (Deno.uid() === 0) await run("chown", ["postgres:postgres", folder]);
  const data = `${folder}/data`;
  await run(
    ...asServerUser(`${bin}/initdb`, [
      "-D",
      data,
      "-U",
      "postgres",
      "-A",
      "trust",
      "-E",
      "UTF8",
      "--locale=C.UTF-8",
      "--no-sync",
    ]),
  );
  const port = freePort();
  const all: Record<string, string> = {
    port: String(port),
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    fsync: "off",
    max_connections: "60",
    ...settings,
  };
  const options = Object.entries(all).map(([name, value]) =>
    `-c ${name}=${value}`
  ).join(" ");
  await run(
    ...asServerUser(`${bin}/pg_ctl`, [
      "-D",
      data,
      "-w",
      "-l",
      `${folder}/log`,
      "-o",
      options,
      "start",
    ]),
  );
  let databases = 0;
  let stopped = false;
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await run(
      ...asServerUser(`${bin}/pg_ctl`, [
        "-D",
        data,
        "-w",
        "-m",
        "immediate",
        "stop",
      ]),
    );
    await Deno.remove(folder, { recursive: true });
  };
  return {
    url,
    async createDatabase() {
      const name = `test_${++databases}`;
      await run(`${bin}/createdb`, [
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
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
