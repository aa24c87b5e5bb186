/**
 * What an expression is, as far as its own file tells: a thing of a module
 * (`fs.readFileSync`, however it was imported), an instance of a class, a
 * function of the file, a constant.
 *
 * @module
 */
import { createMembers, thisClass } from "./_members.ts";
import { givenBy, joined, moduleName } from "./_modules.ts";
import type { Binding, Scopes } from "./_scopes.ts";
import {
  bare,
  type ClassNode,
  type FunctionNode,
  isClass,
  isFunction,
  type Node,
  type NodeOf,
  parentOf,
} from "./_syntax.ts";
import { createTypes, instanceOf } from "./_types.ts";
import type { Value, Values } from "./_value.ts";

/** How often a value may be sought again that was sought in a circle. */
const MANY_CIRCLES = 1_000;
/** What an import specifier brings. */
function importedValue(
  binding: Binding,
  text: (expression: Node | null | undefined) => string | null,
): Value | null {
  const node = binding.declaration;
  if (node.type === "TSImportEqualsDeclaration") {
    const reference = node.moduleReference as Node;
    const source = reference.type === "TSExternalModuleReference"
      ? text(reference.expression)
      : null;
    return source === null
      ? null
      : { is: "api", module: moduleName(source), name: "" };
  }
  const declaration = parentOf(node);
  if (declaration?.type !== "ImportDeclaration") return null;
  const source = text(declaration.source);
  if (source === null) return null;
  const whole: Value = { is: "api", module: moduleName(source), name: "" };
  if (node.type === "ImportNamespaceSpecifier") return whole;
  if (node.type === "ImportDefaultSpecifier") {
    return joined(whole.module, "", "default");
  }
  if (node.type !== "ImportSpecifier") return null;
  const imported = node.imported as Node;
  const name = imported.type === "Identifier" ? imported.name : text(imported);
  return name === null ? null : joined(whole.module, "", name);
}

/** Makes the finder of a file. */
export function createValues(
  program: NodeOf<"Program">,
  scopes: Scopes,
): Values {
  const known = new Map<Node | Binding, Value | null>();
  const busy = new Set<Node | Binding>();
  /** How often something was asked while its answer was being sought. */
  let circles = 0;
  const once = (
    key: Node | Binding,
    compute: () => Value | null,
  ): Value | null => {
    const found = known.get(key);
    if (found !== undefined) return found;
    if (busy.has(key)) {
      circles++;
      return null;
    }
    busy.add(key);
    const before = circles;
    const value = compute();
    busy.delete(key);
    // What was sought in a circle may be incomplete, and is sought again from
    // elsewhere; so often only, lest a knot of circles take for ever.
    if (value !== null || circles === before || circles > MANY_CIRCLES) {
      known.set(key, value);
    }
    return value;
  };
  /** `import("node:fs").then(({ readFileSync }) => …)`. */
  const ofParameter = (binding: Binding): Value | null => {
    const home = binding.declaration;
    if (!isFunction(home)) return null;
    const id = binding.id;
    if (id.type === "Identifier" && id.typeAnnotation) {
      return types.of(id.typeAnnotation);
    }
    const call = parentOf(home);
    if (call?.type !== "CallExpression" || call.arguments[0] !== home) {
      return null;
    }
    const callee = bare(call.callee);
    if (callee.type !== "MemberExpression" || memberName(callee) !== "then") {
      return null;
    }
    const given = of(callee.object);
    return given?.is === "api" && given.name === ""
      ? members.along(given, binding.path)
      : null;
  };
  const computeBinding = (binding: Binding): Value | null => {
    switch (binding.kind) {
      case "import":
        return importedValue(binding, text);
      case "function":
        return { is: "function", node: binding.declaration as FunctionNode };
      case "class":
        return { is: "class", node: binding.declaration as ClassNode };
      case "parameter":
        return ofParameter(binding);
      case "variable": {
        for (const { expression, path } of binding.values) {
          const value = members.along(of(expression), path);
          if (value === null) continue;
          const changes = value.is === "string" || value.is === "number" ||
            value.is === "array" || value.is === "object";
          if (changes && binding.values.length > 1) return null;
          if (
            (value.is === "string" || value.is === "number") &&
            binding.references.some((reference) => reference.write)
          ) return null;
          return value;
        }
        const { id } = binding;
        return id.type === "Identifier" ? types.of(id.typeAnnotation) : null;
      }
      default:
        return null;
    }
  };
  const ofBinding = (binding: Binding): Value | null =>
    once(binding, () => computeBinding(binding));

  const text = (expression: Node | null | undefined): string | null => {
    const value = of(expression);
    return value?.is === "string" ? value.value : null;
  };
  const memberName = (node: NodeOf<"MemberExpression">): string | null => {
    const property = node.property as Node;
    if (!node.computed) {
      if (property.type === "PrivateIdentifier") return `#${property.name}`;
      return property.type === "Identifier" ? property.name : null;
    }
    return text(property);
  };

  const ofCall = (node: NodeOf<"CallExpression">): Value | null => {
    const callee = bare(node.callee);
    if (
      callee.type === "MemberExpression" && memberName(callee) === "bind"
    ) return of(callee.object);
    const value = of(callee);
    if (value?.is === "function") return types.of(value.node.returnType);
    if (value?.is !== "api") return null;
    const id = `${value.module}.${value.name}`;
    switch (id) {
      case "node:module.createRequire":
        return { is: "api", module: "global", name: "require" };
      case "global.require":
      case "node:process.getBuiltinModule": {
        const name = text(node.arguments[0]);
        return name === null
          ? null
          : { is: "api", module: moduleName(name), name: "" };
      }
      case "node:util.promisify":
        return of(node.arguments[0]);
      default: {
        return givenBy(id);
      }
    }
  };
  const either = (...nodes: (Node | null)[]): Value | null => {
    for (const node of nodes) {
      const value = of(node);
      if (value !== null) return value;
    }
    return null;
  };
  const compute = (node: Node): Value | null => {
    switch (node.type) {
      case "Identifier": {
        const reference = scopes.reference(node);
        if (reference === undefined) return null;
        return reference.binding === null
          ? joined("global", "", node.name)
          : ofBinding(reference.binding);
      }
      case "MemberExpression": {
        const name = memberName(node);
        return name === null ? null : members.along(of(node.object), [name]);
      }
      case "ThisExpression": {
        const home = thisClass(node);
        if (home === null) return null;
        return { is: home.isStatic ? "class" : "own", node: home.node };
      }
      case "CallExpression":
        return ofCall(node);
      case "NewExpression":
        return instanceOf(of(node.callee));
      case "ImportExpression": {
        const name = text(node.source);
        return name === null
          ? null
          : { is: "api", module: moduleName(name), name: "" };
      }
      case "AwaitExpression":
        return of(node.argument);
      case "AssignmentExpression":
        return node.operator === "=" ? of(node.right) : null;
      case "SequenceExpression":
        return of(node.expressions.at(-1));
      case "ConditionalExpression":
        return either(node.consequent, node.alternate);
      case "LogicalExpression":
        return either(node.left, node.right);
      case "BinaryExpression": {
        if (node.operator !== "+") return null;
        const left = text(node.left);
        const right = text(node.right);
        return left === null || right === null
          ? null
          : { is: "string", value: left + right };
      }
      case "Literal":
        if (typeof node.value === "string") {
          return { is: "string", value: node.value };
        }
        return typeof node.value === "number"
          ? { is: "number", value: node.value }
          : null;
      case "TemplateLiteral": {
        const parts = node.quasis.map((quasi) => quasi.cooked);
        const inner = node.expressions.map((expression) => text(expression));
        if (inner.includes(null)) return null;
        return {
          is: "string",
          value: parts.map((part, at) => part + (inner[at] ?? "")).join(""),
        };
      }
      case "ObjectExpression":
        return { is: "object", node };
      case "ArrayExpression":
        return { is: "array", node };
      default:
        if (isFunction(node)) return { is: "function", node };
        return isClass(node) ? { is: "class", node } : null;
    }
  };
  const of = (expression: Node | null | undefined): Value | null => {
    if (!expression) return null;
    const node = bare(expression);
    return once(node, () => compute(node));
  };
  const types = createTypes(scopes, ofBinding);
  const members = createMembers(program, { of, memberName }, types);
  return { of, ofBinding, memberName, text };
}
