/**
 * What the members of classes and objects are.
 *
 * @module
 */
import { joined } from "./_modules.ts";
import { keyName } from "./_patterns.ts";
import {
  ancestorsOf,
  childrenOf,
  type ClassNode,
  type FunctionNode,
  isClass,
  type Node,
  type NodeOf,
  parentOf,
} from "./_syntax.ts";
import type { Types } from "./_types.ts";
import type { Value, Values } from "./_value.ts";

/** Follows members. */
export interface Members {
  /** The value along a path of members. */
  along(value: Value | null, path: readonly string[]): Value | null;
}

/** The function that a class or an object has under a name. */
function memberOf(
  body: readonly Node[],
  name: string,
  options: { isStatic?: boolean } = {},
): Node | null {
  for (const member of body) {
    if (
      member.type !== "MethodDefinition" &&
      member.type !== "PropertyDefinition" && member.type !== "Property"
    ) continue;
    if (keyName(member) !== name) continue;
    if (
      member.type !== "Property" &&
      member.static !== (options.isStatic ?? false)
    ) continue;
    if (member.type !== "PropertyDefinition" && member.kind === "get") {
      return null;
    }
    return member;
  }
  return null;
}

/** The class whose `this` a node sees, and whether it is the class itself. */
export function thisClass(
  node: Node,
): { node: ClassNode; isStatic: boolean } | null {
  for (const at of ancestorsOf(node)) {
    if (at.type === "FunctionDeclaration") return null;
    if (at.type === "FunctionExpression") {
      if (parentOf(at)?.type !== "MethodDefinition") return null;
    }
    if (
      at.type === "MethodDefinition" || at.type === "PropertyDefinition" ||
      at.type === "StaticBlock"
    ) {
      const owner = parentOf(parentOf(at)!);
      if (!isClass(owner)) return null;
      return {
        node: owner,
        isStatic: at.type === "StaticBlock" || at.static,
      };
    }
  }
  return null;
}

function* thisAssignments(
  program: Node,
): Generator<[NodeOf<"MemberExpression">, Node]> {
  const found: [NodeOf<"MemberExpression">, Node][] = [];
  const visit = (node: Node): void => {
    if (
      node.type === "AssignmentExpression" && node.operator === "=" &&
      node.left.type === "MemberExpression" &&
      node.left.object.type === "ThisExpression"
    ) found.push([node.left, node.right]);
  };
  const stack: Node[] = [program];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    visit(node);
    stack.push(...childrenOf(node));
  }
  yield* found;
}

/** Makes the follower of a file's members. */
export function createMembers(
  program: NodeOf<"Program">,
  values: Pick<Values, "of" | "memberName">,
  types: Types,
): Members {
  const { of, memberName } = values;
  /** Whatever is assigned to `this.x` in a class, in its methods. */
  let assignedToThis: Map<string, Node[]> | null = null;

  const propertyOfThis = (owner: ClassNode, name: string): Value | null => {
    if (assignedToThis === null) {
      assignedToThis = new Map();
      for (const [target, value] of thisAssignments(program)) {
        const home = thisClass(target);
        const key = memberName(target);
        if (home === null || key === null) continue;
        const id = `${home.node.range[0]} ${key}`;
        assignedToThis.set(id, [...assignedToThis.get(id) ?? [], value]);
      }
    }
    for (const value of assignedToThis.get(`${owner.range[0]} ${name}`) ?? []) {
      const found = of(value);
      if (found !== null) return found;
    }
    const constructor = memberOf(owner.body.body, "constructor");
    if (constructor?.type !== "MethodDefinition") return null;
    for (const parameter of (constructor.value as FunctionNode).params ?? []) {
      if (parameter.type !== "TSParameterProperty") continue;
      const inner = parameter.parameter as Node;
      const id = inner.type === "AssignmentPattern" ? inner.left : inner;
      if (id.type === "Identifier" && id.name === name) {
        return types.of(id.typeAnnotation);
      }
    }
    return null;
  };

  const member = (value: Value | null, name: string): Value | null => {
    switch (value?.is) {
      case "api":
        return joined(value.module, value.name, name);
      case "instance":
        return {
          is: "api",
          module: value.module,
          name: `${value.name}.prototype.${name}`,
        };
      case "own":
      case "class": {
        const found = memberOf(value.node.body.body, name, {
          isStatic: value.is === "class",
        });
        if (found?.type === "MethodDefinition") return of(found.value);
        const typed = found?.type === "PropertyDefinition"
          ? of(found.value) ?? types.of(found.typeAnnotation)
          : null;
        return typed ?? propertyOfThis(value.node, name);
      }
      case "object": {
        const found = memberOf(value.node.properties, name);
        return found?.type === "Property" ? of(found.value) : null;
      }
      default:
        return null;
    }
  };
  const along = (
    value: Value | null,
    path: readonly string[],
  ): Value | null => {
    let at = value;
    for (const name of path) {
      if (at?.is === "array") at = of(at.node.elements[Number(name)]);
      else at = member(at, name);
    }
    return at;
  };

  return { along };
}
