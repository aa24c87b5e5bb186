/** Tools that read the source: how many of the labelled calls they tell. */
import { isExpected } from "../../../tests/cases/expectations.ts";
import type { CaseBook } from "../../../tests/cases/load_book.ts";
import {
  denoLint,
  findingsOf,
  invented,
  type LineFinding,
  lintBook,
  scanBook,
} from "../../../tests/cases/static_tools.ts";
import type { Figure } from "../figure.ts";
import type { NodeCases } from "./node_setup.ts";
import { PACKAGES } from "./node_setup.ts";

const DENO_RULE = "no-sync-fn-in-async-fn";

/** `eslint-plugin-n`'s rule on the sources without types. */
async function eslint({ folder, book }: NodeCases): Promise<LineFinding[]> {
  const config = `${folder}/eslint.config.mjs`;
  await Deno.writeTextFile(
    config,
    `import n from "eslint-plugin-n";
export default [{
  files: ["**/*.mjs"],
  linterOptions: { reportUnusedDisableDirectives: false },
  plugins: { n },
  rules: { "n/no-sync": ["error", { allowAtRootLevel: true }] },
}];
`,
  );
  const { stdout } = await new Deno.Command("node", {
    args: [
      `${folder}/node_modules/eslint/bin/eslint.js`,
      "--config",
      config,
      "--format",
      "json",
      book,
    ],
    cwd: folder,
  }).output();
  const files: {
    filePath: string;
    messages: { ruleId: string | null; line: number; message: string }[];
  }[] = JSON.parse(new TextDecoder().decode(stdout));
  return files.flatMap(({ filePath, messages }) =>
    messages.filter(({ ruleId }) => ruleId === "n/no-sync").map((
      { line, message },
    ) => ({
      file: filePath.split("/").at(-1)!.replace(/\.mjs$/, ".ts"),
      line,
      level: "finding" as const,
      what: message,
    }))
  );
}

/** Figures of all of them. `node` is null where there is none. */
export async function staticFigures(
  book: CaseBook,
  node: NodeCases | null,
  options: { section: string; say: (text: string) => void },
): Promise<Figure[]> {
  const { section, say } = options;
  const tools: [string, LineFinding[]][] = [
    ["scan", await scanBook()],
    ["lint", await lintBook()],
    [
      `Deno's own ${DENO_RULE}`,
      await denoLint({ rules: { tags: [], include: [DENO_RULE] } }, [
        DENO_RULE,
      ]),
    ],
  ];
  if (node !== null) {
    tools.push([
      `eslint-plugin-n ${PACKAGES["eslint-plugin-n"]} no-sync`,
      await eslint(node),
    ]);
  }
  const listed = book.cases.filter(({ it }) => !it.innocent && it.api !== null);
  return tools.flatMap(([name, findings]) => {
    const told = listed.filter((one) =>
      findingsOf(one, findings, book).length > 0
    );
    const missed = listed.filter((one) => !told.includes(one));
    say(
      `${name} does not tell: ${missed.map(({ it }) => it.name).join(", ")}`,
    );
    const wrong = invented(findings, book);
    if (wrong.length > 0) {
      say(
        `${name} invents: ${
          wrong.map(({ file, line }) => `${file}:${line}`).join(", ")
        }`,
      );
    }
    const isOurs = name === "scan" || name === "lint";
    const overlooked = isOurs
      ? missed.filter(({ it }) => isExpected(it, name)).length
      : 0;
    return [{
      section,
      figure: `${name}: labelled calls found (${listed.length})`,
      value: 100 * told.length / listed.length,
      unit: "%",
      ...(isOurs
        ? {
          goal: {
            text: "all but those of docs/cases.md",
            met: overlooked === 0,
          },
        }
        : {}),
    }, {
      section,
      figure: `${name}: findings at lines that hold nothing`,
      value: wrong.length,
      unit: "",
      ...(isOurs ? { goal: { text: "0", met: wrong.length === 0 } } : {}),
    }];
  });
}
