/**
 * The way from a call of a synchronous helper to the listed API that it ends
 * in, through the functions of one file.
 *
 * @module
 */
import type { Contexts } from "./_contexts.ts";
import type { LintedFile } from "./_file.ts";
import { keyName } from "./_patterns.ts";
import {
  ancestorsOf,
  bare,
  type FunctionNode,
  isClass,
  isFunction,
  isWithin,
  type Node,
  parentOf,
} from "./_syntax.ts";
import type { Use } from "./_uses.ts";

/** From a helper to the API: the helpers' names, then the use. */
export interface HelperPath {
  names: readonly string[];
  use: Use;
}

/** A call of a function of the file, or its handing on as an argument. */
interface LocalCall {
  node: Node;
  target: FunctionNode;
}

/** Whether code runs when the function runs: no async function, method or class between. */
function runsIn(node: Node, home: FunctionNode): boolean {
  for (const above of ancestorsOf(node)) {
    if (above === home) return true;
    if (isClass(above) || (isFunction(above) && above.async)) return false;
    if (isFunction(above) && parentOf(above)?.type === "MethodDefinition") {
      return false;
    }
  }
  return false;
}

function targetOf(file: LintedFile, callee: Node): FunctionNode | null {
  const value = file.values.of(callee);
  if (value?.is === "function") return value.node;
  if (value?.is !== "class") return null;
  const constructor = value.node.body.body.find((member) =>
    member.type === "MethodDefinition" && keyName(member) === "constructor"
  );
  return constructor?.type === "MethodDefinition" &&
      isFunction(constructor.value)
    ? constructor.value
    : null;
}

function localCalls(file: LintedFile): LocalCall[] {
  const calls: LocalCall[] = [];
  const add = (node: Node, callee: Node): void => {
    const target = targetOf(file, callee);
    if (target !== null) calls.push({ node, target });
  };
  for (const call of file.nodesOf("CallExpression")) {
    add(call.callee, call.callee);
    for (const argument of call.arguments as Node[]) {
      const type = bare(argument).type;
      if (type === "Identifier" || type === "MemberExpression") {
        const value = file.values.of(argument);
        if (value?.is === "function") add(argument, argument);
      }
    }
  }
  for (const call of file.nodesOf("NewExpression")) {
    if (file.values.of(call.callee)?.is === "class") add(call, call.callee);
  }
  return calls;
}

/**
 * Finds the calls, in code that runs on the loop, of synchronous functions of
 * the same file which end in a listed API.
 *
 * @returns Each call with its path.
 */
export function* helperCalls(
  file: LintedFile,
  contexts: Contexts,
  uses: readonly Use[],
): Generator<{ node: Node; label: string; path: HelperPath }> {
  const calls = localCalls(file);
  const paths = new Map<FunctionNode, HelperPath | null>();
  const pathFrom = (helper: FunctionNode): HelperPath | null => {
    const known = paths.get(helper);
    if (known !== undefined) return known;
    paths.set(helper, null);
    let found: HelperPath | null = null;
    const name = contexts.nameOf(helper);
    const use = uses.find(({ node }) =>
      isWithin(node, helper) && runsIn(node, helper)
    );
    if (use !== undefined) found = { names: [name], use };
    for (const { node, target } of found === null ? calls : []) {
      if (!isWithin(node, helper) || !runsIn(node, helper)) continue;
      if (target.async || target.generator) continue;
      const rest = pathFrom(target);
      if (rest === null) continue;
      found = { names: [name, ...rest.names], use: rest.use };
      break;
    }
    paths.set(helper, found);
    return found;
  };
  for (const { node, target } of calls) {
    if (target.async || target.generator) continue;
    const context = contexts.of(node);
    if (context === null) continue;
    // What is inside a context is reported where it is.
    if (contexts.of(target.body ?? target) !== null) continue;
    const path = pathFrom(target);
    if (path !== null) yield { node, label: context.label, path };
  }
}
