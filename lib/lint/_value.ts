import type { Binding } from "./_scopes.ts";
import type { ClassNode, FunctionNode, Node, NodeOf } from "./_syntax.ts";

/** What an expression was found to be. */
export type Value =
  /** A thing of a module; the empty name is the module itself. */
  | { is: "api"; module: string; name: string }
  /** An instance of a class of a module. */
  | { is: "instance"; module: string; name: string }
  | { is: "function"; node: FunctionNode }
  | { is: "class"; node: ClassNode }
  /** An instance of a class of the file. */
  | { is: "own"; node: ClassNode }
  | { is: "object"; node: NodeOf<"ObjectExpression"> }
  | { is: "array"; node: NodeOf<"ArrayExpression"> }
  | { is: "string"; value: string }
  | { is: "number"; value: number };

/** Finds out what expressions are. */
export interface Values {
  /** What an expression is; null when the file does not tell. */
  of(expression: Node | null | undefined): Value | null;
  /** What a binding holds. */
  ofBinding(binding: Binding): Value | null;
  /** The name of a member, also `x["name"]` and `x[NAME]`. */
  memberName(node: NodeOf<"MemberExpression">): string | null;
  /** The text of a constant string. */
  text(expression: Node | null | undefined): string | null;
}
