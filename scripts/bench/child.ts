import { fileURLToPath } from "node:url";
import { readLines } from "../../tests/helpers/read_lines.ts";

/** A program of the bench in a process of its own, asked by lines of JSON. */
export interface Child extends AsyncDisposable {
  readonly pid: number;
  /** Sends a line and answers the next one that comes. */
  ask<Answer>(question: unknown): Promise<Answer>;
  /** The next line that comes. */
  next<Answer>(): Promise<Answer>;
}

/**
 * Starts a module beside this one as a process. Closing its stdin asks it to
 * end; if it does not, it is killed.
 */
export function startChild(module: string, args: readonly string[]): Child {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      fileURLToPath(new URL(module, import.meta.url)),
      ...args,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const lines = readLines(child.stdout);
  async function next<Answer>(): Promise<Answer> {
    const { value, done } = await lines.next();
    if (done) throw new Error(`The program ${module} ended without an answer`);
    return JSON.parse(value);
  }
  return {
    pid: child.pid,
    next,
    async ask<Answer>(question: unknown) {
      await writer.write(
        new TextEncoder().encode(JSON.stringify(question) + "\n"),
      );
      return await next<Answer>();
    },
    async [Symbol.asyncDispose]() {
      await writer.close().catch(() => {});
      const late = setTimeout(() => child.kill("SIGKILL"), 2_000);
      // What it still prints is read, so that it can end.
      while (!(await lines.next()).done);
      await child.status;
      clearTimeout(late);
    },
  };
}
