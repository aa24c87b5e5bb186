/**
 * State that several calls of one function share: variables of outer scopes,
 * properties of `this` and of outer objects.
 *
 * @module
 */
import type { LintedFile } from "./_file.ts";
import {
  bare,
  type FunctionNode,
  isFunction,
  isWithin,
  type Node,
  walkOwn,
} from "./_syntax.ts";

/**
 * The key of shared state that an expression reads or writes, as seen from a
 * function: `count`, `this.#n`, `state.total`; null for what is the
 * function's own or cannot be followed.
 */
export function stateKey(
  file: LintedFile,
  expression: Node,
  home: FunctionNode,
): string | null {
  const node = bare(expression);
  if (node.type === "Identifier") {
    const binding = file.scopes.reference(node)?.binding;
    if (!binding || binding.kind === "import") return null;
    return isWithin(binding.id, home) ? null : binding.name;
  }
  if (node.type !== "MemberExpression") return null;
  const name = file.values.memberName(node);
  if (name === null) return null;
  const object = bare(node.object);
  const owner = object.type === "ThisExpression"
    ? "this"
    : stateKey(file, object, home);
  return owner === null ? null : `${owner}.${name}`;
}

/** Where a function's own code reads a piece of state, in source order. */
export function readsOf(
  file: LintedFile,
  within: Node,
  key: string,
  home: FunctionNode,
): Node[] {
  const found: Node[] = [];
  walkOwn(within, (node) => {
    if (node.type === "AssignmentExpression" && node.operator === "=") {
      const isKey = stateKey(file, node.left, home) === key;
      if (isKey) {
        found.push(...readsOf(file, node.right, key, home));
        return false;
      }
    }
    if (node.type !== "Identifier" && node.type !== "MemberExpression") return;
    if (node.type === "Identifier" && !file.scopes.reference(node)) return;
    if (stateKey(file, node, home) === key) found.push(node);
  });
  return found;
}

/** The awaits in a function's own code. */
export function awaitsIn(within: Node): Node[] {
  const found: Node[] = [];
  walkOwn(within, (node) => {
    if (
      node.type === "AwaitExpression" ||
      (node.type === "ForOfStatement" && node.await)
    ) found.push(node);
    // An async function's own node is not left out by walkOwn at its root.
    return !(node !== within && isFunction(node));
  });
  return found;
}
