/**
 * Scope analysis, which Deno's plugin API lacks: which declaration a name
 * means, where it is read and written.
 *
 * @module
 */
import { isReference, makesScope, targetsOf } from "./_patterns.ts";
import {
  ancestorsOf,
  childrenOf,
  type FunctionNode,
  isClass,
  isFunction,
  type Node,
  type NodeOf,
  parentOf,
  walk,
} from "./_syntax.ts";

/** A value that a variable may have: an expression, or a part of one. */
export interface Assigned {
  expression: Node;
  /** What destructuring picks out of it: `const { a: { b } } = x` → `a`, `b`. */
  path: readonly string[];
}

/** What declares a name. */
export interface Binding {
  name: string;
  kind:
    | "import"
    | "variable"
    | "parameter"
    | "function"
    | "class"
    | "item"
    | "other";
  /** The identifier that declares it. */
  id: Node;
  /** The import specifier, declarator, function, class, loop… */
  declaration: Node;
  scope: Scope;
  constant: boolean;
  values: Assigned[];
  /** Where destructuring picks it out of a parameter. */
  path: readonly string[];
  references: Reference[];
}

/** A place where a name is used. */
export interface Reference {
  id: NodeOf<"Identifier">;
  binding: Binding | null;
  read: boolean;
  write: boolean;
}

/** A block, function, class or the file. */
export interface Scope {
  node: Node;
  parent: Scope | null;
  bindings: Map<string, Binding>;
}

/** What is known of the names of a file. */
export interface Scopes {
  /** The reference that an identifier is; undefined where it only is a key or a label. */
  reference(id: Node): Reference | undefined;
  /** The declaration that a name means at a place, also for types. */
  lookUp(name: string, at: Node): Binding | null;
  /** All references, in source order. */
  references: readonly Reference[];
  /** All declarations. */
  bindings: readonly Binding[];
}

const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu;

/** Analyses the names of a file. */
export function analyseScopes(
  program: NodeOf<"Program">,
  text: string,
): Scopes {
  const scopes = new Map<Node, Scope>();
  const bindings: Binding[] = [];
  const declared = new Set<Node>();
  const references = new Map<Node, Reference>();

  const scopeOf = (node: Node): Scope => {
    const own = scopes.get(node);
    if (own !== undefined) return own;
    for (const above of ancestorsOf(node)) {
      const scope = scopes.get(above);
      if (scope !== undefined) return scope;
    }
    return scopes.get(program)!;
  };
  const outerScope = (node: Node): Scope => scopeOf(parentOf(node) ?? program);
  const functionScope = (node: Node): Scope => {
    let scope = scopeOf(node);
    while (
      scope.parent !== null && !isFunction(scope.node) &&
      scope.node.type !== "StaticBlock" && scope.node.type !== "TSModuleBlock"
    ) scope = scope.parent;
    return scope;
  };
  const declare = (
    scope: Scope,
    id: Node & { name?: unknown },
    kind: Binding["kind"],
    declaration: Node,
    options: { name?: string; constant?: boolean; path?: string[] } = {},
  ): Binding => {
    const name = options.name ?? String(id.name);
    declared.add(id);
    const known = scope.bindings.get(name);
    // `var` twice, overloads: one variable.
    if (known !== undefined) return known;
    const binding: Binding = {
      name,
      kind,
      id,
      declaration,
      scope,
      constant: options.constant ?? false,
      values: [],
      path: options.path ?? [],
      references: [],
    };
    scope.bindings.set(name, binding);
    bindings.push(binding);
    return binding;
  };
  /**
   * Deno ends a list at its first hole (`[, b]`): what the tree lacks is
   * declared by its text, so that it is not taken for a global.
   */
  const declareAfterHole = (pattern: Node, scope: Scope, owner: Node): void => {
    walk(pattern, (node) => {
      if (node.type !== "ArrayPattern") return;
      const last = node.elements.at(-1);
      const from = last?.range[1] ?? node.range[0] + 1;
      const end = node.typeAnnotation?.range[0] ?? node.range[1];
      for (const [name] of text.slice(from, end).matchAll(NAME)) {
        declare(scope, node, "other", owner, { name });
      }
    });
  };
  const declareVariable = (node: NodeOf<"VariableDeclarator">): void => {
    const list = parentOf(node) as NodeOf<"VariableDeclaration">;
    const scope = list.kind === "var" ? functionScope(node) : scopeOf(node);
    const loop = parentOf(list);
    const item = (loop?.type === "ForOfStatement" ||
      loop?.type === "ForInStatement") && loop.left === list;
    for (const { id, path } of targetsOf(node.id)) {
      const binding = declare(
        scope,
        id,
        item ? "item" : "variable",
        item ? loop : node,
        { constant: list.kind !== "var" && list.kind !== "let", path },
      );
      if (node.init) binding.values.push({ expression: node.init, path });
    }
    declareAfterHole(node.id, scope, node);
  };
  const declareParameters = (node: FunctionNode, scope: Scope): void => {
    for (const parameter of node.params ?? []) {
      for (const { id, path } of targetsOf(parameter)) {
        declare(scope, id, "parameter", node, { path });
      }
      declareAfterHole(parameter, scope, node);
    }
  };

  walk(program, (node) => {
    if (makesScope(node)) {
      const parent = node === program ? null : outerScope(node);
      scopes.set(node, { node, parent, bindings: new Map() });
    }
    if (isFunction(node)) {
      const scope = scopes.get(node)!;
      if (node.id) {
        const home = node.type === "FunctionDeclaration"
          ? scope.parent!
          : scope;
        declare(home, node.id, "function", node, { constant: true });
      }
      declareParameters(node, scope);
    } else if (isClass(node)) {
      if (node.id) {
        const own = scopes.get(node)!;
        const home = node.type === "ClassDeclaration" ? own.parent! : own;
        declare(home, node.id, "class", node, { constant: true });
      }
    } else if (node.type === "VariableDeclarator") {
      declareVariable(node);
    } else if (node.type === "CatchClause" && node.param) {
      for (const { id } of targetsOf(node.param)) {
        declare(scopes.get(node)!, id, "other", node);
      }
    } else if (
      node.type === "ImportSpecifier" ||
      node.type === "ImportDefaultSpecifier" ||
      node.type === "ImportNamespaceSpecifier"
    ) {
      declare(scopeOf(node), node.local, "import", node, { constant: true });
    } else if (node.type === "TSImportEqualsDeclaration") {
      declare(scopeOf(node), node.id, "import", node, { constant: true });
    } else if (
      (node.type === "TSEnumDeclaration" ||
        node.type === "TSModuleDeclaration" ||
        node.type === "TSDeclareFunction") && node.id?.type === "Identifier"
    ) {
      declare(outerScope(node), node.id, "other", node);
    }
  });

  const lookUp = (name: string, at: Node): Binding | null => {
    for (
      let scope: Scope | null = scopeOf(at);
      scope !== null;
      scope = scope.parent
    ) {
      const binding = scope.bindings.get(name);
      if (binding !== undefined) return binding;
    }
    return null;
  };
  const written = new Map<Node, { read: boolean }>();
  const assign = (target: Node, value: Node | null, read: boolean): void => {
    for (const { id, path } of targetsOf(target)) {
      written.set(id, { read });
      if (value === null) continue;
      lookUp(id.name, id)?.values.push({ expression: value, path });
    }
  };
  const visit = (node: Node): void => {
    if (node.type === "AssignmentExpression") {
      assign(node.left, node.right, node.operator !== "=");
    } else if (node.type === "UpdateExpression") {
      assign(node.argument, null, true);
    } else if (
      (node.type === "ForOfStatement" || node.type === "ForInStatement") &&
      node.left.type !== "VariableDeclaration"
    ) {
      assign(node.left, null, false);
    } else if (
      node.type === "Identifier" && !declared.has(node) && isReference(node)
    ) {
      const binding = lookUp(node.name, node);
      const write = written.get(node);
      const reference: Reference = {
        id: node,
        binding,
        read: write === undefined || write.read,
        write: write !== undefined,
      };
      references.set(node, reference);
      binding?.references.push(reference);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);

  return {
    reference: (id) => references.get(id),
    lookUp,
    references: [...references.values()],
    bindings,
  };
}
