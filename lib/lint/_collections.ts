/**
 * Whether the size of a collection follows from the code.
 *
 * @module
 */
import { namesIn, wordsOf } from "./_calls.ts";
import type { LintedFile } from "./_file.ts";
import type { Binding } from "./_scopes.ts";
import { bare, type Node, type NodeOf, parentOf, userOf } from "./_syntax.ts";

/** So many at once are no flood. */
const FEW = 100;
const CONSTANT = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const PART = /^(?:batch|chunk|page|slice|window|group|part|lane|shard)$/i;
const SAME_SIZE =
  /^(?:filter|sort|toSorted|reverse|toReversed|entries|keys|values|fill|map|flat|flatMap|with|toSpliced|concat)$/;
const GROWING = /^(?:push|unshift|splice|set|add)$/;

function isPart(name: string): boolean {
  return wordsOf(name).some((word) => PART.test(word));
}

/** Whether anything is added to what a variable holds. */
function grows(binding: Binding): boolean {
  return binding.references.some((reference) => {
    const user = userOf(reference.id);
    return user?.type === "MemberExpression" &&
      bare(user.object) === reference.id &&
      user.property.type === "Identifier" && GROWING.test(user.property.name);
  });
}

function isFew(file: LintedFile, length: Node): boolean {
  const value = file.values.of(length);
  if (value?.is === "number") return value.value <= FEW;
  // `workers`, `CONCURRENCY`: somebody chose it; `urls.length` nobody did.
  return !namesIn(length).some((name) => /^(?:length|size|count)$/.test(name));
}

function isBoundedCall(
  file: LintedFile,
  call: NodeOf<"CallExpression"> | NodeOf<"NewExpression">,
): boolean {
  const callee = bare(call.callee);
  const first = call.arguments[0] as Node | undefined;
  const id = file.values.of(callee);
  const name = id?.is === "api" && id.module === "global" ? id.name : null;
  if (name === "Array.from") {
    if (first?.type !== "ObjectExpression") {
      return first !== undefined && isBounded(file, first);
    }
    const length = first.properties.find((property) =>
      property.type === "Property" && property.key.type === "Identifier" &&
      property.key.name === "length"
    );
    return length?.type === "Property" && isFew(file, length.value as Node);
  }
  if (name === "Array" || name === "Array.of") {
    if (call.arguments.length !== 1) return true;
    return first !== undefined && isFew(file, first);
  }
  if (name === "Set" || name === "Map") {
    return first !== undefined && isBounded(file, first);
  }
  if (name !== null && /^Object\.(?:keys|values|entries)$/.test(name)) {
    return file.values.of(first)?.is === "object" ||
      (first !== undefined && isBounded(file, first));
  }
  if (callee.type !== "MemberExpression") return false;
  const method = file.values.memberName(callee) ?? "";
  if (method === "slice" || method === "subarray") {
    return call.arguments.length === 2 || first?.type === "UnaryExpression";
  }
  if (method === "splice") return call.arguments.length >= 2;
  if (method === "take") return true;
  return SAME_SIZE.test(method) && isBounded(file, callee.object);
}

function isBoundedName(file: LintedFile, id: NodeOf<"Identifier">): boolean {
  if (CONSTANT.test(id.name) || isPart(id.name)) return true;
  const binding = file.scopes.reference(id)?.binding;
  if (!binding || grows(binding)) return false;
  if (binding.kind === "item") {
    const loop = binding.declaration;
    return loop.type === "ForOfStatement" && namesIn(loop.right).some(isPart);
  }
  if (binding.kind === "parameter") {
    return parentOf(binding.id)?.type === "RestElement";
  }
  return binding.kind === "variable" && binding.values.length > 0 &&
    binding.values.every(({ expression, path }) =>
      path.length === 0 && isBounded(file, expression)
    );
}

/** Whether a collection has few elements, whatever the input. */
export function isBounded(file: LintedFile, collection: Node): boolean {
  const node = bare(collection);
  switch (node.type) {
    case "ArrayExpression":
      return node.elements.every((element) =>
        (element as Node).type !== "SpreadElement" ||
        isBounded(file, (element as NodeOf<"SpreadElement">).argument)
      );
    case "Identifier":
      return isBoundedName(file, node);
    case "MemberExpression": {
      const name = file.values.memberName(node);
      return name !== null && (CONSTANT.test(name) || isPart(name));
    }
    case "CallExpression":
    case "NewExpression":
      return isBoundedCall(file, node);
    case "AwaitExpression":
      return isBounded(file, node.argument);
    case "ConditionalExpression":
      return isBounded(file, node.consequent) &&
        isBounded(file, node.alternate);
    case "LogicalExpression":
      return isBounded(file, node.left) && isBounded(file, node.right);
    default:
      return false;
  }
}

/** Whether a list is written out in the file, with at most so many elements. */
export function isWrittenOut(
  file: LintedFile,
  list: Node,
  atMost: number,
): boolean {
  const node = bare(list);
  const value = file.values.of(node);
  if (value?.is !== "array" || value.node.elements.length > atMost) {
    return false;
  }
  if (node.type !== "Identifier") return true;
  const binding = file.scopes.reference(node)?.binding;
  return binding !== null && binding !== undefined && !grows(binding);
}
