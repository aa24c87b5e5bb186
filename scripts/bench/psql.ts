import { pathsWithBinaries } from "../../tests/helpers/postgres_binaries.ts";

/**
 * Runs psql and throws away what it prints on stdout.
 *
 * @returns Seconds that it took, its start included.
 * @throws {Error} It failed; with what it printed on stderr.
 */
async function run(url: string, args: readonly string[]): Promise<number> {
  const bin = await pathsWithBinaries();
  const started = performance.now();
  const { success, stderr } = await new Deno.Command(`${bin}/psql`, {
    args: ["-X", "-q", "-v", "ON_ERROR_STOP=1", ...args, url],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const seconds = (performance.now() - started) / 1000;
  if (!success) {
    throw new Error(`psql failed: ${new TextDecoder().decode(stderr)}`);
  }
  return seconds;
}

/** Runs one command and answers its seconds. */
export function psqlCommand(url: string, command: string): Promise<number> {
  return run(url, ["-c", command]);
}

/** Runs a script of a file and answers its seconds. */
export function psqlScript(url: string, path: string): Promise<number> {
  return run(url, ["-f", path]);
}
