import { linted, type LintedFile } from "./_file.ts";
import type { Node } from "./_syntax.ts";

/** Replaces what is between two offsets of the file. */
export interface Edit {
  range: readonly [number, number];
  text: string;
}

/** What a rule found. */
export interface Finding {
  /** What is underlined. */
  node: Node;
  message: string;
  /** What to do instead. */
  hint: string;
  /** Only where the result surely does the same. */
  fix?: readonly Edit[];
}

/** One rule: its explanation and its check of a whole file. */
export interface LoopRule {
  /** One sentence: what is reported, and why. */
  summary: string;
  check(file: LintedFile): Iterable<Finding>;
}

/**
 * Makes a rule for Deno of one of ours. A check that throws ends neither the
 * lint run nor the other rules: Deno gives up on a file whose plugin throws,
 * so the error becomes a warning on the console.
 */
export function toDenoRule(name: string, rule: LoopRule): Deno.lint.Rule {
  return {
    create: (context) => ({
      Program() {
        try {
          const found = [...rule.check(linted(context))].sort((a, b) =>
            a.node.range[0] - b.node.range[0]
          );
          for (const { node, message, hint, fix } of found) {
            context.report({
              range: [...node.range],
              message,
              hint,
              ...(fix !== undefined && {
                fix: (fixer) =>
                  fix.map((edit) =>
                    fixer.replaceTextRange([...edit.range], edit.text)
                  ),
              }),
            });
          }
        } catch (error) {
          console.warn(
            `loophound/${name} gave up on ${context.filename}: ${error}`,
          );
        }
      },
    }),
  };
}
