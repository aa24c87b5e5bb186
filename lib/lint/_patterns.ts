/**
 * Which nodes make scopes, and which identifiers declare, assign or use names.
 *
 * @module
 */
import { isFunction, type Node, type NodeOf, parentOf } from "./_syntax.ts";

/** Whether names declared inside a node are its own. */
export function makesScope(node: Node): boolean {
  switch (node.type) {
    case "BlockStatement":
      return !isFunction(parentOf(node));
    case "Program":
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
    case "ClassDeclaration":
    case "ClassExpression":
    case "ForStatement":
    case "ForInStatement":
    case "ForOfStatement":
    case "SwitchStatement":
    case "CatchClause":
    case "StaticBlock":
    case "TSModuleBlock":
      return true;
    default:
      return false;
  }
}

/** The name of a property in a pattern or literal, when it is plain. */
export function keyName(
  node: { key: Node; computed: boolean },
): string | null {
  const { key } = node;
  if (key.type === "Literal" && typeof key.value !== "object") {
    return String(key.value);
  }
  if (key.type === "PrivateIdentifier") return `#${key.name}`;
  return key.type === "Identifier" && !node.computed ? key.name : null;
}

/** A name in a pattern. */
export interface Target {
  id: NodeOf<"Identifier">;
  /** What the pattern picks out for it. */
  path: string[];
}

/** The names that a pattern declares or assigns, with what they pick out. */
export function* targetsOf(
  pattern: Node,
  path: string[] = [],
): Generator<Target> {
  switch (pattern.type) {
    case "Identifier":
      yield { id: pattern, path };
      break;
    case "AssignmentPattern":
      yield* targetsOf(pattern.left, path);
      break;
    case "RestElement":
      yield* targetsOf(pattern.argument, path);
      break;
    case "TSParameterProperty":
      yield* targetsOf(pattern.parameter, path);
      break;
    case "ArrayPattern":
      for (const [index, element] of pattern.elements.entries()) {
        if (element !== null) yield* targetsOf(element, [...path, `${index}`]);
      }
      break;
    case "ObjectPattern":
      for (const property of pattern.properties) {
        if (property.type === "RestElement") {
          yield* targetsOf(property.argument, path);
        } else {
          const name = keyName(property);
          yield* targetsOf(property.value, [...path, name ?? "[computed]"]);
        }
      }
      break;
    default:
  }
}

/** Whether an identifier uses a name, and is no key, label or declaration. */
export function isReference(id: NodeOf<"Identifier">): boolean {
  const parent = parentOf(id);
  switch (parent?.type) {
    case "MemberExpression":
      return parent.object === id || parent.computed;
    case "Property":
      return parent.value === id || parent.computed;
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.value === id || parent.computed;
    case "LabeledStatement":
    case "BreakStatement":
    case "ContinueStatement":
    case "MetaProperty":
    case "ImportSpecifier":
    case "ImportDefaultSpecifier":
    case "ImportNamespaceSpecifier":
    case "TSImportEqualsDeclaration":
    case "TSModuleDeclaration":
    case "TSEnumDeclaration":
    case "TSEnumMember":
    case "TSDeclareFunction":
    case "TSTypeReference":
    case "TSQualifiedName":
      return false;
    case "ExportSpecifier":
      return parent.local === id;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ClassDeclaration":
    case "ClassExpression":
      return parent.id !== id;
    default:
      return true;
  }
}
