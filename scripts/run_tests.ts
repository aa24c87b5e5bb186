/**
 * `deno task test`: all tests, sanitizers on, on both database engines. Says
 * how many ran on each and closes with the counts alone on a line.
 *
 * Arguments are passed on to `deno test` (files, `--filter`, …).
 */
import { fromFileUrl } from "./checks/paths.ts";

const root = fromFileUrl(new URL("../", import.meta.url));
const junit = await Deno.makeTempFile({ suffix: ".xml" });
/** See tests/helpers/postgres_data.ts. */
const postgresData = await Deno.makeTempDir({
  prefix: "loophound-pg-",
});

function count(xml: string, pattern: RegExp): number {
  return [...xml.matchAll(/<testcase name="([^"]*)"/g)]
    .filter(([, name]) => pattern.test(name!)).length;
}

try {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--junit-path=${junit}`, ...Deno.args],
    cwd: root,
    env: { LOOPHOUND_TEST_PGDATA: postgresData },
    stdin: "null",
  }).spawn().status;
  const xml = await Deno.readTextFile(junit);
  const head = /<testsuites[^>]*\btests="(\d+)"[^>]*\bfailures="(\d+)"[^>]*>/
    .exec(xml);
  const errors = Number(/<testsuites[^>]*\berrors="(\d+)"/.exec(xml)?.[1] ?? 0);
  const total = Number(head?.[1] ?? 0);
  const failed = Number(head?.[2] ?? 0) + errors;
  console.log(
    `\nOn PGlite: ${count(xml, /pglite/i)} tests; on PostgreSQL: ${
      count(xml, /postgres/i)
    } tests`,
  );
  console.log(`${total - failed} passed, ${failed} failed`);
  if (code !== 0 || failed > 0 || total === 0) Deno.exit(code === 0 ? 1 : code);
} finally {
  await Deno.remove(junit);
  await Deno.remove(postgresData, { recursive: true });
}
