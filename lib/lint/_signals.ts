/**
 * Which abort signals a call is given, and whose they are.
 *
 * @module
 */
import { apiId } from "./_calls.ts";
import type { LintedFile } from "./_file.ts";
import { keyName } from "./_patterns.ts";
import { bare, functionOf, type Node, type NodeOf } from "./_syntax.ts";

const SIGNAL = /^(?:signal|abortSignal|\w+Signal)$/;

function isSignalName(node: Node): boolean {
  const at = bare(node);
  if (at.type === "Identifier") return SIGNAL.test(at.name);
  return at.type === "MemberExpression" && !at.computed &&
    at.property.type === "Identifier" && SIGNAL.test(at.property.name);
}

/**
 * Whether a signal belongs to the function that uses it: a time limit or a
 * controller of its own, whose abort is no one else's wish.
 */
function isOwnSignal(file: LintedFile, signal: Node): boolean {
  const node = bare(signal);
  if (node.type === "CallExpression") {
    const id = apiId(file, node.callee);
    if (id === "global.AbortSignal.timeout") return true;
    if (id !== "global.AbortSignal.any") return false;
    const list = bare(node.arguments[0] as Node ?? node);
    return list.type === "ArrayExpression" &&
      list.elements.every((one) => isOwnSignal(file, one as Node));
  }
  if (node.type === "MemberExpression") {
    const owner = bare(node.object);
    if (owner.type !== "Identifier") return false;
    const value = file.values.of(owner);
    const declaration = file.scopes.reference(owner)?.binding?.declaration;
    return value?.is === "instance" && value.name === "AbortController" &&
      declaration !== undefined && functionOf(declaration) !== null;
  }
  if (node.type !== "Identifier") return false;
  const binding = file.scopes.reference(node)?.binding;
  return binding?.kind === "variable" && binding.values.length > 0 &&
    binding.values.every(({ expression, path }) =>
      path.length === 0 && isOwnSignal(file, expression)
    );
}

/** The signals among the arguments of a call: `f(signal)`, `f(x, { signal })`. */
export function signalsOf(call: NodeOf<"CallExpression">): Node[] {
  const found: Node[] = [];
  for (const argument of call.arguments as Node[]) {
    const node = bare(argument);
    if (node.type === "ObjectExpression") {
      for (const property of node.properties) {
        if (property.type === "Property" && keyName(property) === "signal") {
          found.push(property.value as Node);
        }
      }
    } else if (isSignalName(node)) found.push(node);
  }
  return found;
}

/** Whether a call is given a signal that somebody else aborts. */
export function takesSignal(
  file: LintedFile,
  call: NodeOf<"CallExpression">,
): boolean {
  return signalsOf(call).some((signal) => {
    const node = bare(signal);
    if (node.type === "Literal") return false;
    if (node.type === "Identifier" && node.name === "undefined") return false;
    return !isOwnSignal(file, signal);
  });
}
