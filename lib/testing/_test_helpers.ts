import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Holds the loop until the thread has computed for so many milliseconds. */
export function spin(ms: number): void {
  const end = cpuMs() + ms;
  let n = 0;
  // Asking is to take no time.
  while (n++ % 100_000 > 0 || cpuMs() < end);
}

/** The host counts it in steps of 10 ms. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** The same, as text, for programs. */
export const SPIN = `import process from "node:process";

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function spin(ms: number): void {
  const end = cpuMs() + ms;
  let n = 0;
  while (n++ % 100_000 > 0 || cpuMs() < end);
}
`;

/** Awaits a timer. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** URL of a module of this part, for programs in other folders to import. */
export function moduleUrl(name: string): string {
  return new URL(name, import.meta.url).href;
}

/** What a run of `deno test` came to. */
export interface TestRunOutput {
  code: number;
  output: string;
  /** From the heading of a test among the errors up to the next. */
  errorOf: (name: string) => string;
}

/** Files in a folder of their own, and `deno test` on them. */
export interface TestFolder extends AsyncDisposable {
  path: string;
  write: (name: string, text: string) => Promise<string>;
  run: (args: readonly string[]) => Promise<TestRunOutput>;
}

export async function openTestFolder(): Promise<TestFolder> {
  const path = await Deno.realPath(await Deno.makeTempDir());
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      await Deno.mkdir(dirname(file), { recursive: true });
      await Deno.writeTextFile(file, text);
      return file;
    },
    async run(args) {
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "test",
          "--allow-all",
          "--no-check",
          `--config=${join(ROOT, "deno.json")}`,
          ...args,
        ],
        cwd: path,
        env: { NO_COLOR: "1" },
        stdin: "null",
        // No orphan is left behind by a run that hangs.
        signal: AbortSignal.timeout(120_000),
      }).output();
      const decoder = new TextDecoder();
      const output = decoder.decode(stdout) + decoder.decode(stderr);
      return { code, output, errorOf: (name) => sectionOf(output, name) };
    },
    async [Symbol.asyncDispose]() {
      await Deno.remove(path, { recursive: true });
    },
  };
}

function sectionOf(output: string, name: string): string {
  const errors = output.slice(output.indexOf(" ERRORS "));
  const from = errors.indexOf(`\n${name} => `);
  if (from < 0) return "";
  const end = errors.slice(from + 1).search(/\n\n(?=\S)/);
  return end < 0 ? errors.slice(from) : errors.slice(from, from + 1 + end);
}
