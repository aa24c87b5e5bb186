import assert from "node:assert/strict";
import loophound from "./mod.ts";

/** Runs one rule on a source. */
export function lint(
  rule: string,
  source: string,
  fileName = "/app/routes.ts",
): Deno.lint.Diagnostic[] {
  const found = loophound.rules[rule];
  assert.ok(found, `no rule ${rule}`);
  const plugin = { name: "loophound", rules: { [rule]: found } };
  return Deno.lint.runPlugin(plugin, fileName, source);
}

/** The source with all fixes of one round made. */
export function fixed(source: string, found: Deno.lint.Diagnostic[]): string {
  const edits = found.flatMap(({ fix }) => fix ?? []);
  let text = source;
  for (
    const { range, text: by } of edits.toSorted((a, b) =>
      b.range[0] - a.range[0]
    )
  ) {
    text = text.slice(0, range[0]) + (by ?? "") + text.slice(range[1]);
  }
  return text;
}

/** Cases of a rule: sources with what is underlined in them, and innocents. */
export interface RuleCases {
  reported: Record<string, [source: string, ...underlined: string[]]>;
  innocent: Record<string, string>;
  /** @default {"/app/routes.ts"} */
  file?: string;
}

/** Registers one test a case. */
export function testRule(rule: string, cases: RuleCases): void {
  for (
    const [name, [source, ...underlined]] of Object.entries(cases.reported)
  ) {
    Deno.test(`${rule} reports ${name}`, () => {
      const found = lint(rule, source, cases.file);
      assert.deepEqual(
        found.map(({ range }) => source.slice(...range)),
        underlined,
        found.map(({ message }) => message).join("\n"),
      );
      for (const { id, message, hint } of found) {
        assert.equal(id, `loophound/${rule}`);
        assert.ok(message.length > 0 && hint !== undefined && hint.length > 0);
      }
    });
  }
  for (const [name, source] of Object.entries(cases.innocent)) {
    Deno.test(`${rule} leaves alone ${name}`, () => {
      const found = lint(rule, source, cases.file);
      assert.deepEqual(found.map(({ message }) => message), []);
    });
  }
}
