import { parseArgs } from "node:util";

export const HELP = `Loads a file and shows how it goes.

Usage: deno task load <source> <file> [field=value ...] [options]
       deno task load --follow <job>

  --server URL            default http://127.0.0.1:8000
  --token TOKEN           of a server that asks for one; default: API_TOKEN
  --dry-run               reads and reports, writes nothing
  --by-path               the server reads the file itself, from one of its
                          ALLOWED_ROOTS; without it the file is uploaded
  --cancel-on-interrupt   Ctrl-C cancels the load; without it the load goes on
                          and this program leaves
  --follow JOB            watches a load that was begun before
  --help                  this text

Exit code: 0 it was loaded, 1 it was not, 2 the arguments are wrong,
130 Ctrl-C. Example:

  deno task load descartes kidney_tpm.csv part=tpm
`;

/** What is to be done. */
export interface Arguments {
  server: URL;
  token: string | undefined;
  cancelOnInterrupt: boolean;
  /** A job to watch, or what to load. */
  what: { follow: string } | LoadArguments;
}

/** What is to be loaded. */
export interface LoadArguments {
  source: string;
  file: string;
  fields: Record<string, string>;
  dryRun: boolean;
  byPath: boolean;
}

/** The arguments are not what the help says. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

function fieldsOf(args: readonly string[]): Record<string, string> {
  return Object.fromEntries(args.map((arg) => {
    const at = arg.indexOf("=");
    if (at < 1) {
      throw new UsageError(`Cannot read "${arg}": it takes field=value`);
    }
    return [arg.slice(0, at), arg.slice(at + 1)];
  }));
}

function serverOf(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(
      `Cannot read --server "${text}": it takes a URL like http://127.0.0.1:8000`,
    );
  }
  return url;
}

/**
 * Reads the command line.
 *
 * @param options.token The token where none is given.
 * @returns Undefined: it asks for help.
 * @throws {UsageError} It is not what the help says.
 */
export function readArguments(
  args: string[],
  options: { token: string | undefined },
): Arguments | undefined {
  const { values, positionals } = parse(args);
  if (values.help) return undefined;
  const shared = {
    server: serverOf(values.server),
    token: values.token ?? options.token,
    cancelOnInterrupt: values["cancel-on-interrupt"],
  };
  const [source, file, ...fields] = positionals;
  if (values.follow !== undefined) {
    if (source !== undefined) {
      throw new UsageError("Cannot follow a job and load a file at once");
    }
    return { ...shared, what: { follow: values.follow } };
  }
  if (source === undefined || file === undefined) {
    throw new UsageError(
      `Cannot load: ${source === undefined ? "source" : "file"} is missing`,
    );
  }
  return {
    ...shared,
    what: {
      source,
      file,
      fields: fieldsOf(fields),
      dryRun: values["dry-run"],
      byPath: values["by-path"],
    },
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        server: { type: "string", default: "http://127.0.0.1:8000" },
        token: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        "by-path": { type: "boolean", default: false },
        "cancel-on-interrupt": { type: "boolean", default: false },
        follow: { type: "string" },
        help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : `${error}`);
  }
}
