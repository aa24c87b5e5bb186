import { fails, type Finding, type Probe, works } from "./_probe.ts";

/** What every version of the rules finds. */
const BAD = `export async function handle(path: string): Promise<string> {
  await null;
  return Deno.readTextFileSync(path);
}
`;

/** The lint plugin, loaded by this Deno's own linter. */
export const lintProbe: Probe = {
  id: "lint",
  title: "lint plugin",
  needs: [{ name: "run" }, { name: "read" }, { name: "write" }],
  async run(): Promise<Finding> {
    const folder = await Deno.makeTempDir({ prefix: "loophound-doctor-" });
    try {
      const parts = ["@loophound/toolkit/blocking_apis"];
      await Deno.writeTextFile(
        `${folder}/deno.json`,
        JSON.stringify({
          // The plugin is loaded by this folder's rules of resolution.
          imports: Object.fromEntries(
            parts.map((part) => [part, import.meta.resolve(part)]),
          ),
          lint: { plugins: [import.meta.resolve("@loophound/toolkit/lint")] },
        }),
      );
      await Deno.writeTextFile(`${folder}/bad.ts`, BAD);
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["lint", "--json", "bad.ts"],
        cwd: folder,
        stdin: "null",
      }).output();
      const text = new TextDecoder();
      const { diagnostics, errors } = readReport(text.decode(stdout));
      const code = diagnostics.find((it) => it.code.startsWith("loophound/"))
        ?.code;
      if (code !== undefined) return works(`the linter found ${code}`);
      const [why = "the linter found nothing"] = [
        ...errors.map((it) => it.message),
        ...text.decode(stderr).split("\n").filter((line) => line !== ""),
      ];
      return fails(why, "use Deno 2.9 or later");
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

interface LintReport {
  diagnostics: { code: string }[];
  errors: { message: string }[];
}

function readReport(json: string): LintReport {
  try {
    const { diagnostics = [], errors = [] } = JSON.parse(json);
    return { diagnostics, errors };
  } catch {
    return { diagnostics: [], errors: [] };
  }
}
