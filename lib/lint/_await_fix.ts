/**
 * Rewrites a synchronous call as `await` of its replacement, where that surely
 * does the same.
 *
 * @module
 */
import type { LintedFile } from "./_file.ts";
import type { Edit } from "./_rule.ts";
import type { Binding } from "./_scopes.ts";
import {
  ancestorsOf,
  bare,
  functionOf,
  isClass,
  isWithin,
  type Node,
  type NodeOf,
  parentOf,
} from "./_syntax.ts";
import type { Use } from "./_uses.ts";

const PROMISES = "node:fs/promises";

function lastName(path: string): { owner: string; name: string } {
  const cut = path.lastIndexOf(".");
  return { owner: path.slice(0, Math.max(cut, 0)), name: path.slice(cut + 1) };
}

/** Whether `await` may stand where the call is. */
function mayAwait(call: NodeOf<"CallExpression">): boolean {
  const home = functionOf(call);
  if (home === null || !home.async || !home.body) return false;
  if (!isWithin(call, home.body)) return false;
  for (const above of ancestorsOf(call)) {
    if (above === home) return true;
    if (isClass(above)) return false;
  }
  return false;
}

/** Whether `await x` needs parentheses in the place of `x`. */
function needsParentheses(call: Node): boolean {
  const parent = parentOf(call);
  switch (parent?.type) {
    case "MemberExpression":
      return parent.object === call;
    case "CallExpression":
    case "NewExpression":
      return parent.callee === call;
    case "TaggedTemplateExpression":
    case "TSNonNullExpression":
      return true;
    case "BinaryExpression":
      return parent.operator === "**" && parent.left === call;
    default:
      return false;
  }
}

/** Whether a statement begins here: an opening parenthesis could join the line above. */
function beginsStatement(call: Node): boolean {
  for (const above of ancestorsOf(call)) {
    if (above.type === "ExpressionStatement") {
      return above.range[0] === call.range[0];
    }
  }
  return false;
}

/** What is imported from `node:fs/promises`, as it is called at a place. */
function importedName(
  file: LintedFile,
  name: string,
  at: Node,
): string | null {
  for (const binding of file.scopes.bindings) {
    if (binding.kind !== "import") continue;
    if (file.scopes.lookUp(binding.name, at) !== binding) continue;
    const node = binding.declaration;
    const list = parentOf(node);
    if (list?.type === "ImportDeclaration" && list.importKind === "type") {
      continue;
    }
    if (node.type === "ImportSpecifier" && node.importKind === "type") continue;
    const value = file.values.ofBinding(binding);
    if (value?.is !== "api" || value.module !== PROMISES) continue;
    if (value.name === name) return binding.name;
    if (value.name === "") return `${binding.name}.${name}`;
  }
  return null;
}

function isFree(file: LintedFile, name: string): boolean {
  return !file.scopes.bindings.some((binding) => binding.name === name) &&
    !file.scopes.references.some(({ id }) => id.name === name);
}

/** An import of a name, added below the one that a binding comes from. */
function addedImport(
  file: LintedFile,
  binding: Binding,
  name: string,
): Edit | null {
  const list = parentOf(binding.declaration);
  if (list?.type !== "ImportDeclaration" || !isFree(file, name)) return null;
  const source = list.source.raw;
  const quote = source[0];
  if (quote !== '"' && quote !== "'") return null;
  const end = list.range[1];
  const semicolon = file.text[end - 1] === ";" ? ";" : "";
  const module = source.slice(1, -1) === "fs" ? "fs/promises" : PROMISES;
  return {
    range: [end, end],
    text: `\nimport { ${name} } from ${quote}${module}${quote}${semicolon}`,
  };
}

/** The new callee and, where it must first be imported, the import. */
function replacedCallee(
  file: LintedFile,
  use: Use,
): { text: string; added: Edit | null } | null {
  const replacement = use.api.replacement!;
  const callee = use.node;
  const from = lastName(use.api.name);
  const to = lastName(replacement.name!);
  if (from.owner !== to.owner) return null;
  if (callee.type === "MemberExpression") {
    if (callee.optional || callee.object.type === "Super") return null;
    const object = file.text.slice(...callee.object.range);
    if (replacement.module === use.api.module) {
      const start = callee.object.range[1];
      const between = file.text.slice(start, callee.property.range[0]);
      const rest = file.text.slice(callee.property.range[1], callee.range[1]);
      return callee.computed
        ? { text: `${object}.${to.name}`, added: null }
        : { text: `${object}${between}${to.name}${rest}`, added: null };
    }
    const owner = file.values.of(callee.object);
    const isNodeFs = owner?.is === "api" && owner.module === "node:fs" &&
      owner.name === "";
    return replacement.module === PROMISES && isNodeFs
      ? { text: `${object}.promises.${to.name}`, added: null }
      : null;
  }
  if (callee.type !== "Identifier" || replacement.module !== PROMISES) {
    return null;
  }
  const binding = file.scopes.reference(callee)?.binding;
  if (binding?.kind !== "import" || to.owner !== "") return null;
  const imported = importedName(file, to.name, callee);
  if (imported !== null) return { text: imported, added: null };
  const added = addedImport(file, binding, to.name);
  return added === null ? null : { text: to.name, added };
}

/**
 * Makes the edits that turn a use into `await` of its replacement.
 *
 * @param options Whether an import may be added. Deno applies all fixes of a
 * file at once and mixes up two that add text at one place, so that only one
 * fix of a file may; the next round sees its import and needs none.
 * @returns The edits, or null where it is not certain to be the same.
 */
export function awaitFix(
  file: LintedFile,
  use: Use,
  options: { mayImport: boolean },
): { edits: Edit[]; imports: boolean } | null {
  const { api, call } = use;
  if (call?.type !== "CallExpression" || call.optional) return null;
  if (api.replacement === null || !api.replacement.sameArguments) return null;
  if (api.replacement.name === null || bare(use.node) !== use.node) return null;
  if (!mayAwait(call)) return null;
  const wrapped = needsParentheses(call);
  if (wrapped && beginsStatement(call)) return null;
  const callee = replacedCallee(file, use);
  if (callee === null) return null;
  if (callee.added !== null && !options.mayImport) return null;
  const edits: Edit[] = [{
    range: [call.range[0], use.node.range[1]],
    text: `${wrapped ? "(" : ""}await ${callee.text}`,
  }];
  if (wrapped) edits.push({ range: [call.range[1], call.range[1]], text: ")" });
  if (callee.added !== null) edits.unshift(callee.added);
  return { edits, imports: callee.added !== null };
}
