/**
 * Whether a turn of a loop depends on the turn before.
 *
 * @module
 */
import type { LintedFile } from "./_file.ts";
import type { Binding } from "./_scopes.ts";
import {
  bare,
  isFunction,
  isLoop,
  isWithin,
  type LoopNode,
  type Node,
  userOf,
  walk,
  walkOwn,
} from "./_syntax.ts";

const CHANGES =
  /^(?:push|unshift|splice|pop|shift|set|add|delete|clear|append|enqueue|dequeue|sort|reverse|fill|next)$/;

/** Names along a member chain that starts at `this`: `this.cursor`. */
function thisPath(file: LintedFile, node: Node): string | null {
  const at = bare(node);
  if (at.type !== "MemberExpression") return null;
  const name = file.values.memberName(at);
  if (name === null) return null;
  if (bare(at.object).type === "ThisExpression") return `this.${name}`;
  return thisPath(file, at.object);
}

/** A variable: its declaration, or its name where another file declares it. */
type Variable = Binding | string;

function variableOf(file: LintedFile, id: Node): Variable | null {
  const reference = file.scopes.reference(id);
  return reference === undefined
    ? null
    : reference.binding ?? reference.id.name;
}

function isInside(variable: Variable, node: Node): boolean {
  return typeof variable !== "string" && isWithin(variable.id, node);
}

/** The variable at the start of a member chain: `state.next.url` → `state`. */
function rootOf(file: LintedFile, node: Node): Variable | null {
  const at = bare(node);
  if (at.type === "MemberExpression") return rootOf(file, at.object);
  return at.type === "Identifier" ? variableOf(file, at) : null;
}

/** What the turns of a loop work on, and what they hand to the next turn. */
export interface Carried {
  /** Variables that differ from turn to turn: the item and what is made of it. */
  items: ReadonlySet<Binding>;
  /** Whether a node reads what an earlier turn wrote. */
  reads(node: Node): boolean;
}

/** The variables that a loop's head sets at each turn. */
function headBindings(file: LintedFile, loop: LoopNode): Set<Binding> {
  const found = new Set<Binding>();
  const heads: Node[] = [];
  if (loop.type === "ForOfStatement" || loop.type === "ForInStatement") {
    heads.push(loop.left);
  } else if (loop.type === "ForStatement") {
    if (loop.init) heads.push(loop.init as Node);
    if (loop.update) heads.push(loop.update);
  }
  for (const head of heads) {
    for (const binding of file.scopes.bindings) {
      if (isWithin(binding.id, head)) found.add(binding);
    }
    walk(head, (node) => {
      const reference = file.scopes.reference(node);
      if (reference?.write && reference.binding) found.add(reference.binding);
    });
  }
  return found;
}

/** Analyses a loop. */
export function carriedBy(file: LintedFile, loop: LoopNode): Carried {
  const body: Node = loop.body ?? loop;
  const items = headBindings(file, loop);
  const inside = file.scopes.bindings.filter((binding) =>
    binding.kind === "variable" && isWithin(binding.id, body)
  );
  const usesItem = (node: Node): boolean => {
    let found = false;
    walk(node, (inner) => {
      const binding = file.scopes.reference(inner)?.binding;
      if (binding && items.has(binding)) found = true;
      return !found;
    });
    return found;
  };
  for (let grown = true; grown;) {
    grown = false;
    for (const binding of inside) {
      if (items.has(binding)) continue;
      if (binding.values.some(({ expression }) => usesItem(expression))) {
        items.add(binding);
        grown = true;
      }
    }
  }

  const changed = new Set<Variable>();
  const changedOfThis = new Set<string>();
  const change = (target: Node): void => {
    const root = rootOf(file, target);
    if (root !== null && !isInside(root, loop)) changed.add(root);
    const path = thisPath(file, target);
    if (path !== null) changedOfThis.add(path);
  };
  walk(body, (node) => {
    if (node.type === "AssignmentExpression") {
      const targets = node.left.type === "MemberExpression"
        ? [node.left as Node]
        : [];
      for (const target of targets) change(target);
    } else if (node.type === "UpdateExpression") change(node.argument);
    else if (node.type === "CallExpression") {
      const callee = bare(node.callee);
      if (callee.type !== "MemberExpression") return;
      const name = file.values.memberName(callee);
      if (name !== null && CHANGES.test(name)) change(callee.object);
    }
    const reference = file.scopes.reference(node);
    const written = reference?.write ? variableOf(file, node) : null;
    if (written !== null && !isInside(written, loop)) changed.add(written);
  });

  const known = new Map<Binding, boolean>();
  const reads = (node: Node): boolean => {
    let found = false;
    walk(node, (inner) => {
      if (found) return false;
      const path = inner.type === "MemberExpression"
        ? thisPath(file, inner)
        : null;
      if (path !== null && changedOfThis.has(path)) found = true;
      const reference = file.scopes.reference(inner);
      if (!reference?.read || isOnlyChange(file, inner)) return;
      const binding = variableOf(file, inner)!;
      if (changed.has(binding)) found = true;
      if (typeof binding !== "string" && inside.includes(binding)) {
        if (!known.has(binding)) {
          known.set(binding, false);
          known.set(
            binding,
            binding.values.some(({ expression }) => reads(expression)),
          );
        }
        if (known.get(binding) === true) found = true;
      }
      return;
    });
    return found;
  };
  return { items, reads };
}

/** `results.push(…)`: the variable is read only to be added to. */
function isOnlyChange(file: LintedFile, id: Node): boolean {
  const user = userOf(id);
  if (user?.type !== "MemberExpression" || bare(user.object) !== id) {
    return false;
  }
  const above = userOf(user);
  if (above?.type === "AssignmentExpression") {
    return bare(above.left) === user && above.operator === "=";
  }
  const name = file.values.memberName(user);
  return above?.type === "CallExpression" && bare(above.callee) === user &&
    name !== null && /^(?:push|set|add|unshift|append)$/.test(name);
}

/** The conditions that decide what a loop does. */
export function* testsIn(loop: LoopNode): Generator<Node> {
  const found: Node[] = [];
  if (loop.type !== "ForOfStatement" && loop.type !== "ForInStatement") {
    if (loop.test) found.push(loop.test);
  }
  walkOwn(loop.body ?? loop, (node) => {
    if (
      node.type === "IfStatement" || node.type === "ConditionalExpression" ||
      node.type === "WhileStatement" || node.type === "DoWhileStatement"
    ) found.push(node.test);
    if (node.type === "SwitchStatement") found.push(node.discriminant);
    if (node.type === "LogicalExpression") found.push(node.left);
  });
  yield* found;
}

/** Whether a loop may end before its last turn, or hands out what it has between turns. */
export function endsEarly(loop: LoopNode): boolean {
  let found = false;
  const visit = (node: Node, inner: boolean): void => {
    if (found || isFunction(node)) return;
    if (node.type === "ReturnStatement" || node.type === "YieldExpression") {
      found = true;
    }
    if (node.type === "BreakStatement") found ||= !inner || node.label !== null;
    const nested = inner || isLoop(node) || node.type === "SwitchStatement";
    walkChildren(node, (child) => visit(child, nested));
  };
  walkChildren(loop.body ?? loop, (child) => visit(child, false));
  if (loop.body && loop.body.type !== "BlockStatement") {
    visit(loop.body, false);
  }
  return found;
}

function walkChildren(node: Node, visit: (child: Node) => void): void {
  walk(node, (inner) => {
    if (inner === node) return;
    visit(inner);
    return false;
  });
}
