import type * as t from "@babel/types";
import type {
  Binding,
  BindingKind,
  ClassInfo,
  FnInfo,
  ModuleInfo,
  Scope,
  Source,
  TypeRef,
} from "./_facts.ts";

/** Numbers functions and classes through all modules. */
export interface Counter {
  next: number;
}

/** A name that is used; looked up when all are declared. */
export interface Reference {
  node: t.Node;
  name: string;
  scope: Scope;
}

/** A name that something is assigned to. */
export interface Write {
  name: string;
  scope: Scope;
  source: Source;
}

export type FunctionNode =
  | t.FunctionDeclaration
  | t.FunctionExpression
  | t.ArrowFunctionExpression
  | t.ObjectMethod
  | t.ClassMethod
  | t.ClassPrivateMethod;

export interface FunctionHints {
  name: string;
  owner?: ClassInfo | t.ObjectExpression | null;
  isStatic?: boolean;
}

/** What the parts of the reader work with. */
export interface Reader {
  readonly module: ModuleInfo;
  readonly counter: Counter;
  readonly references: Reference[];
  readonly writes: Write[];
  visit(node: t.Node, scope: Scope, name?: string): void;
  visitAll(nodes: readonly (t.Node | null | undefined)[], scope: Scope): void;
  newFunction(
    node: t.Node,
    parent: Scope | null,
    hints: FunctionHints,
  ): FnInfo;
  declare(
    scope: Scope,
    name: string,
    kind: BindingKind,
    node: t.Node,
    more?: Partial<Binding>,
  ): Binding;
  /** Notes an expression whose type is written beside it. */
  noteTyped(type: TypeRef | null, node: t.Node, fn: FnInfo): void;
}

export function newScope(
  parent: Scope | null,
  fn: FnInfo,
  isFunction = false,
): Scope {
  return { parent, fn, isFunction, values: new Map(), types: new Map() };
}

export function functionScope(scope: Scope): Scope {
  let at = scope;
  while (!at.isFunction && at.parent !== null) at = at.parent;
  return at;
}

export function typeRef(
  annotation: t.Node | null | undefined,
  scope: Scope,
): TypeRef | null {
  if (!annotation) return null;
  if (annotation.type === "TSTypeAnnotation") {
    return { node: annotation.typeAnnotation, scope };
  }
  return annotation.type.startsWith("TS") ? { node: annotation, scope } : null;
}

export function declareTypeParameters(
  node: { typeParameters?: t.Node | null },
  declare: (name: string, node: t.Node) => void,
): void {
  const { typeParameters } = node;
  if (typeParameters?.type !== "TSTypeParameterDeclaration") return;
  for (const parameter of typeParameters.params) {
    const name: unknown = parameter.name;
    declare(
      typeof name === "string" ? name : (name as t.Identifier).name,
      parameter,
    );
  }
}
