import { isLock } from "./_calls.ts";
import { bindingOfFunction, type Contexts, contextsOf } from "./_contexts.ts";
import type { LintedFile } from "./_file.ts";
import type { Finding, LoopRule } from "./_rule.ts";
import type { Binding } from "./_scopes.ts";
import { awaitsIn, readsOf, stateKey } from "./_state.ts";
import {
  ancestorsOf,
  bare,
  type FunctionNode,
  functionOf,
  isFunction,
  isWithin,
  type Node,
  type NodeOf,
  parentOf,
  userOf,
  walkOwn,
} from "./_syntax.ts";

type Assignment = NodeOf<"AssignmentExpression">;

/** Whether one at a time gets here: inside a lock's callback, or after taking it. */
function isLocked(home: FunctionNode, before: Node): boolean {
  for (const at of [home, ...ancestorsOf(home)]) {
    if (!isFunction(at)) continue;
    const user = userOf(at);
    if (
      user?.type === "CallExpression" && bare(user.callee) !== at &&
      isLock(user.callee)
    ) return true;
  }
  let taken = false;
  if (!home.body) return false;
  walkOwn(home.body, (node) => {
    if (node.type !== "AwaitExpression") return;
    if (node.range[0] >= before.range[0]) return;
    const call = bare(node.argument);
    if (call.type === "CallExpression" && isLock(call.callee)) taken = true;
  });
  return taken;
}

const JUMPS = /^(?:Return|Throw|Break|Continue)Statement$/;

/** Whether code at `first` may be followed by code at `later`: not in a branch that leaves. */
function mayReach(first: Node, later: Node): boolean {
  let below = first;
  for (const above of ancestorsOf(first)) {
    if (isWithin(later, above)) {
      if (
        above.type !== "IfStatement" && above.type !== "ConditionalExpression"
      ) {
        return true;
      }
      return below === above.test || !above.alternate ||
        !isWithin(later, above.alternate as Node) || below === above.alternate;
    }
    if (above.type === "BlockStatement") {
      const last = above.body.at(-1);
      if (last !== undefined && JUMPS.test(last.type)) return false;
    }
    if (JUMPS.test(above.type)) return false;
    below = above;
  }
  return true;
}

function isCallee(node: Node): boolean {
  let at = node;
  for (let user = userOf(at); user !== null; user = userOf(at)) {
    if (user.type === "CallExpression") return bare(user.callee) === bare(at);
    if (user.type !== "MemberExpression" || bare(user.object) !== bare(at)) {
      return false;
    }
    at = user;
  }
  return false;
}

/** `count = count + await f()`, `count += await f()`. */
function withinOne(
  file: LintedFile,
  node: Assignment,
  key: string,
  home: FunctionNode,
): boolean {
  const awaits = awaitsIn(node.right);
  if (awaits.length === 0) return false;
  if (node.operator !== "=") return !/^(?:\|\||&&|\?\?)=$/.test(node.operator);
  const last = Math.max(...awaits.map((one) => one.range[1]));
  return readsOf(file, node.right, key, home).some((read) =>
    read.range[0] < last && !isCallee(read)
  );
}

/** The variables of a function that were made from a piece of state. */
function copiesOf(
  file: LintedFile,
  key: string,
  home: FunctionNode,
): Map<Binding, Node> {
  const copies = new Map<Binding, Node>();
  for (let grown = true; grown;) {
    grown = false;
    for (const binding of file.scopes.bindings) {
      if (copies.has(binding) || binding.kind !== "variable") continue;
      const [value] = binding.values;
      if (binding.values.length !== 1 || !isWithin(binding.id, home)) continue;
      if (functionOf(binding.id) !== home) continue;
      const { expression } = value!;
      const reads = readsOf(file, expression, key, home).filter((read) =>
        !isCallee(read)
      );
      const from = references(file, expression).find(({ binding: one }) =>
        one !== null && copies.has(one)
      );
      if (reads.length === 0 && from === undefined) continue;
      // What is read after an await is fresh.
      copies.set(binding, reads[0] ?? copies.get(from!.binding!)!);
      grown = true;
    }
  }
  return copies;
}

function references(file: LintedFile, within: Node) {
  const found: { id: Node; binding: Binding | null }[] = [];
  walkOwn(within, (node) => {
    const reference = file.scopes.reference(node);
    if (reference !== undefined) found.push(reference);
  });
  return found;
}

/** `const n = count; await f(); count = n + 1`: answers where it was read. */
function throughCopy(
  file: LintedFile,
  node: Assignment,
  key: string,
  home: FunctionNode,
): Node | null {
  if (node.operator !== "=" || !home.body) return null;
  const copies = copiesOf(file, key, home);
  for (const { binding } of references(file, node.right)) {
    const read = binding === null ? undefined : copies.get(binding);
    if (read === undefined || read.range[0] > node.range[0]) continue;
    const between = awaitsIn(home.body).filter((one) =>
      one.range[1] > read.range[1] && one.range[0] < node.range[0] &&
      !isWithin(read, one) && mayReach(one, node) && mayReach(read, one)
    );
    const last = between.at(-1);
    if (last === undefined) continue;
    const looksAgain = readsOf(file, home.body, key, home).some((again) =>
      again.range[0] >= last.range[1] && again.range[0] < node.range[1]
    );
    if (looksAgain || isRestored(file, node, read, key, home)) continue;
    return read;
  }
  return null;
}

/** `const old = x; x = other; await f(); x = old`: put back, not counted on. */
function isRestored(
  file: LintedFile,
  node: Assignment,
  read: Node,
  key: string,
  home: FunctionNode,
): boolean {
  let found = false;
  walkOwn(home.body!, (other) => {
    if (other.type !== "AssignmentExpression" || other === node) return;
    if (stateKey(file, other.left, home) !== key) return;
    if (other.range[0] > read.range[0] && other.range[1] < node.range[0]) {
      found = true;
    }
  });
  return found;
}

function inSharedUse(contexts: Contexts, home: FunctionNode): boolean {
  const constructor = parentOf(home);
  if (constructor?.type === "MethodDefinition") {
    if (constructor.kind === "constructor") return false;
  }
  return !contexts.isOff(home);
}

/** A closure of which the function around awaits each call before the next. */
function isAwaitedInTurn(
  file: LintedFile,
  node: Assignment,
  home: FunctionNode,
): boolean {
  const left = bare(node.left);
  if (left.type !== "Identifier") return false;
  const owner = functionOf(file.scopes.reference(left)?.binding?.id ?? home);
  const binding = bindingOfFunction(file, home);
  if (owner === null || binding === null) return false;
  return binding.references.length > 0 &&
    binding.references.every(({ id }) => {
      const call = userOf(id);
      if (call?.type !== "CallExpression" || bare(call.callee) !== id) {
        return false;
      }
      return userOf(call)?.type === "AwaitExpression" &&
        functionOf(call) === owner;
    });
}

function* check(file: LintedFile): Generator<Finding> {
  const contexts = contextsOf(file);
  for (const node of file.nodesOf("AssignmentExpression")) {
    const home = functionOf(node);
    if (!home?.async || !inSharedUse(contexts, home)) continue;
    const key = stateKey(file, node.left, home);
    if (key === null) continue;
    const within = withinOne(file, node, key, home);
    const read = within ? node : throughCopy(file, node, key, home);
    if (read === null || isLocked(home, read)) continue;
    if (isAwaitedInTurn(file, node, home)) continue;
    const where = within ? "" : ` (line ${file.lineOf(read)})`;
    yield {
      node: node.left,
      message:
        `\`${key}\` is read${where}, then awaited on, then written from what was read: a change made meanwhile is lost`,
      hint: "Await first and read afterwards, or hold a lock over all three.",
    };
  }
}

/** Reports shared state that is written from what it was before an await. */
export const noAwaitBetweenReadAndWrite: LoopRule = {
  summary: "Shared state (of the module, of an outer function, of `this`) " +
    "that is read, then awaited on, then written from what was read.",
  check,
};
