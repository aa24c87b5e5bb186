/**
 * What runs on the loop while it serves: async functions and handlers, as
 * opposed to start-up code, tests and threads.
 *
 * @module
 */
import { isAsync as givesPromise } from "./_calls.ts";
import { calleeText, isMessagePort, roleInCall } from "./_roles.ts";
import type { LintedFile } from "./_file.ts";
import { keyName } from "./_patterns.ts";
import type { Binding } from "./_scopes.ts";
import {
  bare,
  type FunctionNode,
  functionOf,
  isClass,
  isFunction,
  isWithin,
  type Node,
  type NodeOf,
  parentOf,
  userOf,
} from "./_syntax.ts";

/** A function whose code holds the loop for others when it is synchronous. */
export interface LoopContext {
  node: FunctionNode;
  /** "async function `load`", "a handler of `app.get`". */
  label: string;
}

/** Tells which code runs on the serving loop. */
export interface Contexts {
  /** The async function or handler that a node runs in; null when there is none. */
  of(node: Node): LoopContext | null;
  /** The function that a node runs in, through its closures; null at top level. */
  unitOf(node: Node): FunctionNode | null;
  /** Whether a function is start-up code, a test's or a thread's. */
  isOff(node: FunctionNode): boolean;
  /** How a function is called in messages. */
  nameOf(node: FunctionNode): string;
}

function isAsync(node: FunctionNode): boolean {
  return node.async || givesPromise(node);
}

/** The binding that holds a function. */
export function bindingOfFunction(
  file: LintedFile,
  node: FunctionNode,
): Binding | null {
  if (node.type === "FunctionDeclaration") {
    return node.id ? file.scopes.lookUp(node.id.name, parentOf(node)!) : null;
  }
  const user = userOf(node);
  return user?.type === "VariableDeclarator" && user.id.type === "Identifier"
    ? file.scopes.lookUp(user.id.name, user)
    : null;
}

function isExported(binding: Binding): boolean {
  const owner = parentOf(binding.declaration);
  const outer = owner?.type === "VariableDeclaration" ? parentOf(owner) : owner;
  return outer?.type === "ExportNamedDeclaration" ||
    outer?.type === "ExportDefaultDeclaration" ||
    binding.references.some(({ id }) => {
      const user = userOf(id);
      return user?.type === "ExportSpecifier" ||
        user?.type === "ExportDefaultDeclaration" ||
        user?.type === "TSExportAssignment";
    });
}

const known = new WeakMap<LintedFile, Contexts>();

/** The teller of a file, made once. */
export function contextsOf(file: LintedFile): Contexts {
  let contexts = known.get(file);
  if (contexts === undefined) {
    contexts = createContexts(file);
    known.set(file, contexts);
  }
  return contexts;
}

function createContexts(file: LintedFile): Contexts {
  const handlers = new Map<FunctionNode, string>();
  const continuations = new Set<FunctionNode>();
  const threads = new Set<FunctionNode>();
  const startUp = new Map<FunctionNode, boolean>();

  const note = (
    argument: Node,
    call: NodeOf<"CallExpression"> | NodeOf<"NewExpression">,
    key: string | null,
  ): void => {
    const value = file.values.of(argument);
    if (value?.is !== "function") return;
    const role = roleInCall(file, call, key);
    if (role === "off") threads.add(value.node);
    if (role === "continuation") continuations.add(value.node);
    if (role === "handler" || role === "continuation") {
      handlers.set(value.node, `a callback of \`${calleeText(file, call)}\``);
    }
  };
  for (
    const call of [
      ...file.nodesOf("CallExpression"),
      ...file.nodesOf("NewExpression"),
    ]
  ) {
    for (const argument of call.arguments as Node[]) {
      if (argument.type === "ObjectExpression") {
        for (const property of argument.properties) {
          if (property.type === "Property") {
            note(property.value as Node, call, keyName(property));
          }
        }
      } else if (argument.type !== "SpreadElement") note(argument, call, null);
    }
  }
  for (const { left, right } of file.nodesOf("AssignmentExpression")) {
    const value = /^(?:Function|Arrow|Ident)/.test(right.type)
      ? file.values.of(right)
      : null;
    if (value?.is !== "function") continue;
    const target = left as Node;
    if (target.type === "Identifier" && target.name === "onmessage") {
      threads.add(value.node);
    } else if (target.type === "MemberExpression") {
      const name = file.values.memberName(target) ?? "";
      if (!/^on[a-z]+$/.test(name)) continue;
      if (isMessagePort(target.object) && name === "onmessage") {
        threads.add(value.node);
      } else {
        const text = file.text.slice(...target.range);
        handlers.set(value.node, `the callback \`${text}\``);
      }
    }
  }
  for (const { declaration } of file.nodesOf("ExportDefaultDeclaration")) {
    const value = file.values.of(declaration as Node);
    if (value?.is !== "object") continue;
    for (const property of value.node.properties) {
      if (property.type !== "Property" || keyName(property) !== "fetch") {
        continue;
      }
      const handler = file.values.of(property.value as Node);
      if (handler?.is === "function") {
        handlers.set(handler.node, "the `fetch` of the default export");
      }
    }
  }

  const isTopLevel = (node: Node): boolean => {
    const home = functionOf(node);
    return home === null || isOff(home);
  };
  /** Called from top level only, or `main`: it runs before anything is served. */
  const isStartUp = (node: FunctionNode): boolean => {
    const known = startUp.get(node);
    if (known !== undefined) return known;
    startUp.set(node, false);
    const user = userOf(node);
    let found = false;
    if (user?.type === "CallExpression" && bare(user.callee) === node) {
      found = isTopLevel(user);
    } else {
      const binding = bindingOfFunction(file, node);
      const calls = binding?.references.filter(({ id }) =>
        !isWithin(id, node) && userOf(id)?.type !== "ExportSpecifier"
      ) ?? [];
      found = calls.length > 0 &&
        (binding?.name === "main" || !isExported(binding!)) &&
        calls.every(({ id }) => {
          const call = userOf(id);
          return call?.type === "CallExpression" && bare(call.callee) === id &&
            isTopLevel(call);
        });
    }
    startUp.set(node, found);
    return found;
  };
  const isOff = (node: FunctionNode): boolean => {
    if (threads.has(node)) return true;
    const isHandler = handlers.has(node) && !continuations.has(node);
    if (isHandler) return false;
    const around = functionOf(node);
    if (around !== null) return isOff(around) || isStartUp(node);
    return continuations.has(node) || isStartUp(node);
  };

  const nameOf = (node: FunctionNode): string => {
    const parent = userOf(node);
    if (node.type !== "ArrowFunctionExpression" && node.id) return node.id.name;
    if (
      parent?.type === "VariableDeclarator" && parent.id.type === "Identifier"
    ) {
      return parent.id.name;
    }
    if (
      parent?.type === "MethodDefinition" ||
      parent?.type === "PropertyDefinition"
    ) {
      const owner = parentOf(parentOf(parent)!);
      const key = keyName(parent) ?? "(computed)";
      return isClass(owner) && owner.id ? `${owner.id.name}.${key}` : key;
    }
    if (parent?.type === "Property") return keyName(parent) ?? "(computed)";
    if (parent?.type === "AssignmentExpression") {
      return file.text.slice(...parent.left.range);
    }
    return "(anonymous)";
  };
  const isMethod = (node: FunctionNode): boolean => {
    const parent = parentOf(node);
    return parent?.type === "MethodDefinition" ||
      (parent?.type === "Property" &&
        (parent.method || parent.kind !== "init"));
  };
  /** Whether code inside is called on its own, not by whoever runs around it. */
  const isUnit = (node: FunctionNode): boolean =>
    isAsync(node) || handlers.has(node) || threads.has(node) || isMethod(node);

  const unitOf = (node: Node): FunctionNode | null => {
    let outermost: FunctionNode | null = null;
    for (let at = parentOf(node); at !== null; at = parentOf(at)) {
      if (isClass(at)) return outermost;
      if (!isFunction(at)) continue;
      outermost = at;
      if (isUnit(at)) return at;
      // A named helper inside a sync function is still called by others.
    }
    return outermost;
  };
  const of = (node: Node): LoopContext | null => {
    const unit = unitOf(node);
    if (unit === null || isOff(unit)) return null;
    const handler = handlers.get(unit);
    if (handler !== undefined) return { node: unit, label: handler };
    if (!isAsync(unit)) return null;
    const name = nameOf(unit);
    const kind = isMethod(unit) ? "method" : "function";
    return {
      node: unit,
      label: name === "(anonymous)"
        ? `an async ${kind}`
        : `async ${kind} \`${name}\``,
    };
  };
  return { of, unitOf, isOff, nameOf };
}
