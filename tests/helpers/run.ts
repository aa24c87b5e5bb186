/** Runs a program and answers what it prints. */
export async function run(
  command: string,
  args: string[],
  options: { asServer?: boolean } = {},
): Promise<string> {
  const [program, all] = options.asServer === true
    ? asServerUser(command, args)
    : [command, args];
  const output = await new Deno.Command(program, {
    args: all,
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

/** Lets the server's user write to a folder. */
export async function giveToServer(folder: string): Promise<void> {
  if (Deno.uid() === 0) await run("chown", ["postgres:postgres", folder]);
}
