import { contextsOf } from "./_contexts.ts";
import type { LintedFile } from "./_file.ts";
import type { Finding, LoopRule } from "./_rule.ts";
import { shortName, usesOf } from "./_uses.ts";

function* check(file: LintedFile): Generator<Finding> {
  const contexts = contextsOf(file);
  for (const { api, node } of usesOf(file, "in_name_only")) {
    const context = contexts.of(node);
    if (context === null) continue;
    yield {
      node,
      message: `\`${
        shortName(api)
      }\` is asynchronous in name only: it holds the loop in ${context.label}`,
      hint: `${api.why} ${api.instead}`,
    };
  }
}

/**
 * Reports what gives a promise, takes a callback or is a stream, and does its
 * work on the loop all the same.
 */
export const noAsyncInNameOnly: LoopRule = {
  summary: "What gives a promise, takes a callback or is a stream, and does " +
    "its work on the loop all the same.",
  check,
};
