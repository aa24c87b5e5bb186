/**
 * The `loophound` command.
 *
 * ```sh
 * deno run -A npm:@loophound/toolkit/cli doctor
 * deno run -A npm:@loophound/toolkit/cli scan main.ts routes/
 * deno run -A npm:@loophound/toolkit/cli apis node:fs
 * ```
 *
 * @module
 */
import { apisCommand } from "./_apis_command.ts";
import { type Command, type Output, UsageError } from "./_command.ts";
import { doctorCommand } from "./_doctor_command.ts";
import { scanCommand } from "./_scan_command.ts";
import { version } from "./_version.ts";

const commands: readonly Command[] = [doctorCommand, scanCommand, apisCommand];

const terminal: Output = {
  out: (text) => write(Deno.stdout, text),
  err: (text) => write(Deno.stderr, text),
};

/** All of it, also into a pipe: the process may end right after. */
function write(
  stream: { writeSync(bytes: Uint8Array): number },
  text: string,
): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) {
    at += stream.writeSync(bytes.subarray(at));
  }
}

function help(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) =>
    `  ${name.padEnd(width)}  ${summary}\n`
  );
  return `Usage: loophound <command> [options]

Finds what holds the event loop.

${lines.join("")}
  --help     this, or with a command: all about it
  --version  the version
`;
}

/** How many single letters apart two words are. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

function unknown(word: string): string {
  const near = commands.map(({ name }) => name)
    .find((name) => name.startsWith(word) || distance(word, name) <= 2);
  const hint = near === undefined
    ? `the commands are ${commands.map(({ name }) => name).join(", ")}`
    : `did you mean "${near}"?`;
  return `Unknown command "${word}": ${hint}\n`;
}

/** Whether an error is about the arguments, and not about what was done with them. */
function isUsage(error: unknown): error is Error {
  if (error instanceof UsageError) return true;
  const { code } = error as { code?: unknown };
  return error instanceof TypeError && typeof code === "string" &&
    code.startsWith("ERR_PARSE_ARGS");
}

/**
 * Runs the `loophound` command.
 *
 * @param args What came after its name.
 * @param output Where it writes; the terminal when left out.
 * @returns Exit code: 0 fine, 1 findings, 2 wrong use.
 *
 * @example
 * ```ts
 * import { runCli } from "@loophound/toolkit/cli";
 *
 * console.log(await runCli(["apis", "gzip"])); // 0
 * ```
 */
export async function runCli(
  args: readonly string[],
  output: Output = terminal,
): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined || word === "help") {
    (word === undefined ? output.err : output.out)(help());
    return word === undefined ? 2 : 0;
  }
  if (word === "--help" || word === "-h") {
    output.out(help());
    return 0;
  }
  if (word === "--version" || word === "-V") {
    output.out(`loophound ${version}\n`);
    return 0;
  }
  const command = commands.find(({ name }) => name === word);
  if (command === undefined) {
    output.err(unknown(word));
    return 2;
  }
  if (command.help !== "" && (rest[0] === "--help" || rest[0] === "-h")) {
    output.out(command.help);
    return 0;
  }
  try {
    return await command.run(rest, output);
  } catch (error) {
    if (!isUsage(error)) throw error;
    output.err(`${error.message}\nSee: loophound ${word} --help\n`);
    return 2;
  }
}

if (import.meta.main) Deno.exit(await runCli(Deno.args));
