import { giveToServer, run } from "./run.ts";

/**
 * Where `deno task test` keeps the data folder that all clusters of a run are
 * copied from: `initdb` takes ten times as long, and runs a hundred times. Not
 * set: there is none.
 */
const SHARED = "LOOPHOUND_TEST_PGDATA";

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

function initdb(bin: string, data: string): Promise<string> {
  return run(`${bin}/initdb`, [
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
  ], { asServer: true });
}

/**
 * Fills the folder `data` as `initdb` does.
 *
 * @param options.ownIdentifier Not by a copy, which has the identifier of all.
 */
export async function newDataFolder(
  bin: string,
  data: string,
  options: { ownIdentifier?: boolean } = {},
): Promise<void> {
  const shared = Deno.env.get(SHARED);
  if (shared === undefined || options.ownIdentifier === true) {
    await initdb(bin, data);
    return;
  }
  const ready = `${shared}/data`;
  if (!await exists(ready)) {
    await giveToServer(shared);
    const made = `${shared}/${crypto.randomUUID()}`;
    await initdb(bin, made);
    // Another may have been first; then that one's is taken.
    await Deno.rename(made, ready).catch(async (error) => {
      if (!await exists(ready)) throw error;
    });
  }
  await run("cp", ["-a", ready, data]);
}
