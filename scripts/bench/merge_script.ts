import pg from "pg";

const ENTRY = /^@(\d+)@ (\w+): {2}(.*)$/;
const COPY = /^copy (.+) from stdin\b(.*)$/is;

/** One statement that a session sent without parameters. */
interface Logged {
  pid: string;
  text: string;
}

function parse(log: string): Logged[] {
  const statements: Logged[] = [];
  let current: Logged | undefined;
  for (const line of log.split("\n")) {
    const entry = ENTRY.exec(line);
    if (entry === null) {
      // A statement's further lines begin with a tab.
      if (current !== undefined && line.startsWith("\t")) {
        current.text += `\n${line.slice(1)}`;
      }
      continue;
    }
    const [, pid, kind, text] = entry;
    const sent = kind === "LOG" && text!.startsWith("statement: ");
    current = sent
      ? { pid: pid!, text: text!.slice("statement: ".length) }
      : undefined;
    if (current !== undefined) statements.push(current);
  }
  return statements;
}

/** The transaction of a session that copied into a table, from its log. */
function transactionWithCopy(log: string): string[] {
  const statements = parse(log);
  const copy = statements.findLast(({ text }) => COPY.test(text));
  if (copy === undefined) {
    throw new Error("Cannot write the script: the server logged no COPY");
  }
  const session = statements.filter(({ pid }) => pid === copy.pid)
    .map(({ text }) => text);
  const at = session.findLastIndex((text) => COPY.test(text));
  const begin = session.findLastIndex((text, i) => i < at && text === "begin");
  const commit = session.findIndex((text, i) => i > at && text === "commit");
  if (begin < 0 || commit < 0) {
    throw new Error("Cannot write the script: the COPY was in no transaction");
  }
  return session.slice(begin, commit + 1);
}

/**
 * Has the server log the statements of a load, and makes of them a script for
 * psql that does the same with another file. So the script is what the load
 * does, whatever that is; only single rows with parameters (the load's own
 * record) are left out.
 *
 * @param url A superuser's; the whole server logs meanwhile.
 * @param load A load of a small file that goes the same way.
 * @returns Makes the script for a file.
 */
export async function recordMerge(
  url: string,
  load: () => Promise<unknown>,
): Promise<(file: string) => string> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const before = (await serverLog(client)).length;
    await client.query("alter system set log_line_prefix = '@%p@ '");
    await client.query("alter system set log_statement = 'all'");
    await client.query("select pg_reload_conf()");
    // Sessions look at their settings between two statements.
    await new Promise((resolve) => setTimeout(resolve, 500));
    await load();
    await client.query("alter system reset all");
    await client.query("select pg_reload_conf()");
    const log = (await serverLog(client)).slice(before);
    const statements = transactionWithCopy(log);
    return (file) =>
      statements.map((text) => {
        const copy = COPY.exec(text);
        return copy === null
          ? `${text};\n`
          : `\\copy ${copy[1]} from '${file}'${copy[2]}\n`;
      }).join("");
  } finally {
    await client.end();
  }
}

async function serverLog(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ log: string }>(
    "select pg_read_file(regexp_replace(current_setting('data_directory'), '[^/]+$', 'log')) as log",
  );
  return rows[0]!.log;
}
