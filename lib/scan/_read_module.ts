import type * as t from "@babel/types";
import {
  type Binding,
  type BindingKind,
  type FnInfo,
  lookUpValue,
  type ModuleInfo,
  type Scope,
  type TypeRef,
} from "./_facts.ts";

import { visitClass } from "./_read_classes.ts";
import {
  visitCall,
  visitFunction,
  visitJsx,
  visitObject,
} from "./_read_functions.ts";
import { visitModuleItem, visitNamespace } from "./_read_module_items.ts";
import {
  bindPattern,
  visitAssignment,
  visitLoop,
  visitVariables,
} from "./_read_patterns.ts";
import {
  type Counter,
  type FunctionHints,
  type FunctionNode,
  newScope,
  type Reader,
  type Reference,
  typeRef,
  type Write,
} from "./_reader.ts";

/** Keys of a node that hold no code that runs. */
const SKIPPED = new Set([
  "type",
  "start",
  "end",
  "loc",
  "extra",
  "range",
  "typeAnnotation",
  "typeParameters",
  "typeArguments",
  "returnType",
  "leadingComments",
  "trailingComments",
  "innerComments",
]);

function isNode(value: unknown): value is t.Node {
  return value !== null && typeof value === "object" &&
    typeof (value as { type?: unknown }).type === "string";
}

/**
 * Reads what the scan needs to know of a module: its functions and classes,
 * what each name stands for, what it imports and exports, and in every
 * function the places that may run other code.
 */
export function readModule(
  path: string,
  { program, comments, index, counter }: {
    program: t.Program;
    comments: readonly t.Comment[];
    index: number;
    counter: Counter;
  },
): ModuleInfo {
  return new ModuleReader(path, comments, index, counter).read(program);
}

class ModuleReader implements Reader {
  readonly module: ModuleInfo;
  readonly counter: Counter;
  readonly references: Reference[] = [];
  readonly writes: Write[] = [];

  constructor(
    path: string,
    comments: readonly t.Comment[],
    index: number,
    counter: Counter,
  ) {
    this.counter = counter;
    this.module = {
      index,
      path,
      comments,
      exports: new Map(),
      stars: [],
      imports: [],
      names: new Map(),
      functions: [],
      classes: [],
      functionOf: new Map(),
      classOf: new Map(),
      typed: [],
      castScopes: new Map(),
      links: new Map(),
      // The two that need the module itself.
      top: undefined as unknown as FnInfo,
      scope: undefined as unknown as Scope,
    };
  }

  read(program: t.Program): ModuleInfo {
    const top = this.newFunction(program, null, { name: "<module>" });
    const scope = newScope(null, top, true);
    Object.assign(this.module, { top, scope });
    for (const statement of program.body) this.visit(statement, scope);
    for (const { node, name, scope } of this.references) {
      const binding = lookUpValue(scope, name);
      if (binding !== undefined) this.module.names.set(node, binding);
    }
    for (const { name, scope, source } of this.writes) {
      lookUpValue(scope, name)?.sources.push(source);
    }
    return this.module;
  }

  newFunction(
    node: t.Node,
    parent: Scope | null,
    hints: FunctionHints,
  ): FnInfo {
    const own = node as Partial<FunctionNode>;
    const fn: FnInfo = {
      id: this.counter.next++,
      module: this.module,
      node,
      name: hints.name,
      parent: parent?.fn ?? null,
      arrow: node.type === "ArrowFunctionExpression",
      generator: own.generator === true,
      owner: hints.owner ?? null,
      isStatic: hints.isStatic === true,
      params: Array.isArray(own.params) ? own.params : [],
      returnType: parent === null ? null : typeRef(own.returnType, parent),
      sites: [],
      returns: [],
      yields: [],
    };
    this.module.functions.push(fn);
    return fn;
  }

  declare(
    scope: Scope,
    name: string,
    kind: BindingKind,
    node: t.Node,
    more: Partial<Binding> = {},
  ): Binding {
    const isType = kind === "interface" || kind === "alias" ||
      kind === "type_parameter";
    const isBoth = kind === "class" || kind === "import" ||
      kind === "namespace";
    const known = isType ? scope.types.get(name) : scope.values.get(name);
    // `var` twice, overloads, an interface beside a class of the same name.
    if (known !== undefined && known.kind === kind && kind !== "function") {
      known.types.push(...more.types ?? []);
      return known;
    }
    const binding: Binding = {
      kind,
      name,
      scope,
      node,
      sources: [],
      types: [],
      ...more,
    };
    if (!isType) scope.values.set(name, binding);
    if (isType || isBoth) scope.types.set(name, binding);
    return binding;
  }

  visitAll(nodes: readonly (t.Node | null | undefined)[], scope: Scope): void {
    for (const node of nodes) if (node) this.visit(node, scope);
  }

  visitChildren(node: t.Node, scope: Scope): void {
    for (const key in node) {
      if (SKIPPED.has(key)) continue;
      const value = (node as unknown as Record<string, unknown>)[key];
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) this.visit(item, scope);
      } else if (isNode(value)) {
        this.visit(value, scope);
      }
    }
  }

  visit(node: t.Node, scope: Scope, name = "<anonymous>"): void {
    switch (node.type) {
      case "Identifier":
      case "JSXIdentifier":
        this.references.push({ node, name: node.name, scope });
        return;
      case "StringLiteral":
      case "NumericLiteral":
      case "BooleanLiteral":
      case "NullLiteral":
      case "TemplateElement":
      case "RegExpLiteral":
        return;
      case "FunctionDeclaration":
        if (node.id) {
          this.declare(scope, node.id.name, "function", node);
        }
        visitFunction(this, node, scope, {
          name: node.id?.name ?? "default",
        });
        return;
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        visitFunction(this, node, scope, {
          name: node.type === "FunctionExpression" && node.id
            ? node.id.name
            : name,
        });
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        visitClass(this, node, scope, name);
        return;
      case "ObjectExpression":
        visitObject(this, node, scope);
        return;
      case "VariableDeclaration":
        visitVariables(this, node, scope);
        return;
      case "BlockStatement":
      case "StaticBlock":
        this.visitAll(node.body, newScope(scope, scope.fn));
        return;
      case "ForStatement":
        this.visitChildren(node, newScope(scope, scope.fn));
        return;
      case "ForInStatement":
      case "ForOfStatement":
        visitLoop(this, node, scope);
        return;
      case "SwitchStatement":
        this.visit(node.discriminant, scope);
        this.visitAll(node.cases, newScope(scope, scope.fn));
        return;
      case "CatchClause": {
        const inner = newScope(scope, scope.fn);
        if (node.param) bindPattern(this, node.param, inner, "other", []);
        this.visit(node.body, inner);
        return;
      }
      case "LabeledStatement":
        this.visit(node.body, scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "ReturnStatement":
        if (node.argument) {
          scope.fn.returns.push(node.argument);
          this.visit(node.argument, scope);
          this.noteTyped(scope.fn.returnType, node.argument, scope.fn);
        }
        return;
      case "YieldExpression":
        if (node.argument) {
          this.visit(node.argument, scope);
          scope.fn.yields.push(node.argument);
          if (node.delegate) {
            scope.fn.sites.push({
              kind: "iterate",
              node,
              from: node.argument,
              async: true,
            });
          }
        }
        return;
      case "AwaitExpression":
        this.visit(node.argument, scope, name);
        scope.fn.sites.push({ kind: "await", node, from: node.argument });
        return;
      case "MemberExpression":
      case "OptionalMemberExpression":
        this.visit(node.object, scope);
        if (node.computed) this.visit(node.property, scope);
        scope.fn.sites.push({ kind: "read", node });
        return;
      case "CallExpression":
      case "OptionalCallExpression":
      case "NewExpression":
      case "TaggedTemplateExpression":
        visitCall(this, node, scope);
        return;
      case "AssignmentExpression":
        visitAssignment(this, node, scope);
        return;
      case "SpreadElement":
        this.visit(node.argument, scope);
        scope.fn.sites.push({
          kind: "iterate",
          node,
          from: node.argument,
          async: false,
        });
        return;
      case "JSXElement":
        visitJsx(this, node, scope);
        return;
      case "JSXAttribute":
        if (node.value) this.visit(node.value, scope);
        return;
      case "JSXNamespacedName":
        return;
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "ExportNamedDeclaration":
      case "ExportDefaultDeclaration":
      case "TSExportAssignment":
        visitModuleItem(this, node, scope);
        return;
      case "ImportExpression":
        this.visit(node.source, scope);
        if (node.source.type === "StringLiteral") {
          this.module.imports.push({
            specifier: node.source.value,
            typeOnly: false,
            node,
          });
        }
        return;
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSTypeAssertion":
        this.visit(node.expression, scope, name);
        this.module.castScopes.set(node, scope);
        this.noteTyped(
          typeRef(node.typeAnnotation, scope),
          node.expression,
          scope.fn,
        );
        return;
      case "TSNonNullExpression":
      case "TSInstantiationExpression":
      case "ParenthesizedExpression":
        this.visit(node.expression, scope, name);
        return;
      case "TSInterfaceDeclaration":
        this.declare(scope, node.id.name, "interface", node);
        return;
      case "TSTypeAliasDeclaration":
        this.declare(scope, node.id.name, "alias", node);
        return;
      case "TSEnumDeclaration":
        this.declare(scope, node.id.name, "other", node);
        return;
      case "TSModuleDeclaration":
        visitNamespace(this, node, scope);
        return;
      case "Decorator":
        this.visit(node.expression, scope);
        scope.fn.sites.push({ kind: "decorate", node });
        return;
      case "MetaProperty":
        return;
      case "BinaryExpression":
        // Long sums lean to the left: a loop, so that none is too long.
        for (let at: t.Node = node;;) {
          if (at.type !== "BinaryExpression") {
            this.visit(at, scope);
            return;
          }
          this.visit(at.right, scope);
          at = at.left;
        }
      default:
        if (node.type.startsWith("TS")) return;
        this.visitChildren(node, scope);
    }
  }

  noteTyped(type: TypeRef | null, node: t.Node, fn: FnInfo): void {
    if (type !== null) this.module.typed.push({ type, node, fn });
  }
}
