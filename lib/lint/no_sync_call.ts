import { awaitFix } from "./_await_fix.ts";
import { contextsOf } from "./_contexts.ts";
import type { LintedFile } from "./_file.ts";
import { helperCalls } from "./_helpers.ts";
import type { Finding, LoopRule } from "./_rule.ts";
import { shortName, usesOf } from "./_uses.ts";

function* check(file: LintedFile): Generator<Finding> {
  const contexts = contextsOf(file);
  const uses = usesOf(file, "sync");
  let mayImport = true;
  for (const use of uses) {
    const context = contexts.of(use.node);
    if (context === null) continue;
    const fix = awaitFix(file, use, { mayImport });
    if (fix?.imports === true) mayImport = false;
    yield {
      node: use.node,
      message: `\`${shortName(use.api)}\` holds the loop in ${context.label}`,
      hint: `${use.api.why} ${use.api.instead}`,
      ...(fix !== null && { fix: fix.edits }),
    };
  }
  for (const { node, label, path } of helperCalls(file, contexts, uses)) {
    const { api, node: at } = path.use;
    const way = [...path.names, shortName(api)].join(" → ");
    yield {
      node,
      message: `\`${path.names[0]}\` holds the loop in ${label}: ${way} (line ${
        file.lineOf(at)
      })`,
      hint: `${api.why} ${api.instead}`,
    };
  }
}

/**
 * Reports synchronous calls of the list in code that runs while the loop
 * serves, directly or through synchronous functions of the same file.
 */
export const noSyncCall: LoopRule = {
  summary: "A synchronous call in an async function, a handler or one of " +
    "their closures, however the function was imported, or through a " +
    "synchronous helper of the same file.",
  check,
};
