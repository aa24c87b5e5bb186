import assert from "node:assert/strict";
import { lint } from "./_test_lint.ts";
import loophound from "./mod.ts";

const page = await Deno.readTextFile(
  new URL("../../docs/lint.md", import.meta.url),
);

/** The two examples of a rule's section: what is reported, and what is not. */
function examples(rule: string): string[] {
  const section = page.split(`\n## ${rule}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...section.matchAll(/```ts ignore\n([\s\S]*?)```/g)].map(([, code]) =>
    code!
  );
}

function lineOf(source: string, offset: number): number {
  return source.slice(0, offset).split("\n").length;
}

for (const rule of Object.keys(loophound.rules)) {
  Deno.test(`docs/lint.md shows what ${rule} reports`, () => {
    const [reported = "", innocent = ""] = examples(rule);
    const marked = reported.split("\n").flatMap((line, index) =>
      line.includes("// reported") ? [index + 1] : []
    );
    assert.ok(marked.length > 0);
    assert.deepEqual(
      lint(rule, reported).map(({ range }) => lineOf(reported, range[0])),
      marked,
    );
    assert.ok(innocent.length > 0);
    assert.deepEqual(lint(rule, innocent).map(({ message }) => message), []);
  });
}

Deno.test("docs/lint.md has a section for each rule and for no other", () => {
  const sections = [...page.matchAll(/^## ((?:no|fetch)-\S+)$/gm)].map((
    [, name],
  ) => name);
  assert.deepEqual(sections, Object.keys(loophound.rules));
});
