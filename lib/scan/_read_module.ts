import type * as t from "@babel/types";
import {
  type Binding,
  type BindingKind,
  type CallNode,
  type ClassInfo,
  type Export,
  type FnInfo,
  keyName,
  lookUpValue,
  type Member,
  type ModuleInfo,
  type Scope,
  type Source,
  type Step,
  type TypeRef,
} from "./_facts.ts";

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

/** Numbers functions and classes through all modules. */
export interface Counter {
  next: number;
}

interface Reference {
  node: t.Node;
  name: string;
  scope: Scope;
}

interface Write {
  name: string;
  scope: Scope;
  source: Source;
}

type FunctionNode =
  | t.FunctionDeclaration
  | t.FunctionExpression
  | t.ArrowFunctionExpression
  | t.ObjectMethod
  | t.ClassMethod
  | t.ClassPrivateMethod;

interface FunctionHints {
  name: string;
  owner?: ClassInfo | t.ObjectExpression | null;
  isStatic?: boolean;
}

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

class ModuleReader {
  readonly #module: ModuleInfo;
  readonly #counter: Counter;
  readonly #references: Reference[] = [];
  readonly #writes: Write[] = [];

  constructor(
    path: string,
    comments: readonly t.Comment[],
    index: number,
    counter: Counter,
  ) {
    this.#counter = counter;
    this.#module = {
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
    const top = this.#newFunction(program, null, { name: "<module>" });
    const scope = newScope(null, top, true);
    Object.assign(this.#module, { top, scope });
    for (const statement of program.body) this.#visit(statement, scope);
    for (const { node, name, scope } of this.#references) {
      const binding = lookUpValue(scope, name);
      if (binding !== undefined) this.#module.names.set(node, binding);
    }
    for (const { name, scope, source } of this.#writes) {
      lookUpValue(scope, name)?.sources.push(source);
    }
    return this.#module;
  }

  #newFunction(
    node: t.Node,
    parent: Scope | null,
    hints: FunctionHints,
  ): FnInfo {
    const own = node as Partial<FunctionNode>;
    const fn: FnInfo = {
      id: this.#counter.next++,
      module: this.#module,
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
    this.#module.functions.push(fn);
    return fn;
  }

  #declare(
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

  #visitAll(nodes: readonly (t.Node | null | undefined)[], scope: Scope): void {
    for (const node of nodes) if (node) this.#visit(node, scope);
  }

  #visitChildren(node: t.Node, scope: Scope): void {
    for (const key in node) {
      if (SKIPPED.has(key)) continue;
      const value = (node as unknown as Record<string, unknown>)[key];
      if (Array.isArray(value)) {
        for (const item of value) if (isNode(item)) this.#visit(item, scope);
      } else if (isNode(value)) {
        this.#visit(value, scope);
      }
    }
  }

  #visit(node: t.Node, scope: Scope, name = "<anonymous>"): void {
    switch (node.type) {
      case "Identifier":
      case "JSXIdentifier":
        this.#references.push({ node, name: node.name, scope });
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
          this.#declare(scope, node.id.name, "function", node);
        }
        this.#visitFunction(node, scope, {
          name: node.id?.name ?? "default",
        });
        return;
      case "FunctionExpression":
      case "ArrowFunctionExpression":
        this.#visitFunction(node, scope, {
          name: node.type === "FunctionExpression" && node.id
            ? node.id.name
            : name,
        });
        return;
      case "ClassDeclaration":
      case "ClassExpression":
        this.#visitClass(node, scope, name);
        return;
      case "ObjectExpression":
        this.#visitObject(node, scope);
        return;
      case "VariableDeclaration":
        this.#visitVariables(node, scope);
        return;
      case "BlockStatement":
      case "StaticBlock":
        this.#visitAll(node.body, newScope(scope, scope.fn));
        return;
      case "ForStatement":
        this.#visitChildren(node, newScope(scope, scope.fn));
        return;
      case "ForInStatement":
      case "ForOfStatement":
        this.#visitLoop(node, scope);
        return;
      case "SwitchStatement":
        this.#visit(node.discriminant, scope);
        this.#visitAll(node.cases, newScope(scope, scope.fn));
        return;
      case "CatchClause": {
        const inner = newScope(scope, scope.fn);
        if (node.param) this.#bindPattern(node.param, inner, "other", []);
        this.#visit(node.body, inner);
        return;
      }
      case "LabeledStatement":
        this.#visit(node.body, scope);
        return;
      case "BreakStatement":
      case "ContinueStatement":
        return;
      case "ReturnStatement":
        if (node.argument) {
          scope.fn.returns.push(node.argument);
          this.#visit(node.argument, scope);
          this.#noteTyped(scope.fn.returnType, node.argument, scope.fn);
        }
        return;
      case "YieldExpression":
        if (node.argument) {
          this.#visit(node.argument, scope);
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
        this.#visit(node.argument, scope, name);
        scope.fn.sites.push({ kind: "await", node, from: node.argument });
        return;
      case "MemberExpression":
      case "OptionalMemberExpression":
        this.#visit(node.object, scope);
        if (node.computed) this.#visit(node.property, scope);
        scope.fn.sites.push({ kind: "read", node });
        return;
      case "CallExpression":
      case "OptionalCallExpression":
      case "NewExpression":
      case "TaggedTemplateExpression":
        this.#visitCall(node, scope);
        return;
      case "AssignmentExpression":
        this.#visitAssignment(node, scope);
        return;
      case "SpreadElement":
        this.#visit(node.argument, scope);
        scope.fn.sites.push({
          kind: "iterate",
          node,
          from: node.argument,
          async: false,
        });
        return;
      case "JSXElement":
        this.#visitJsx(node, scope);
        return;
      case "JSXAttribute":
        if (node.value) this.#visit(node.value, scope);
        return;
      case "JSXNamespacedName":
        return;
      case "ImportDeclaration":
      case "ExportAllDeclaration":
      case "ExportNamedDeclaration":
      case "ExportDefaultDeclaration":
      case "TSExportAssignment":
        this.#visitModuleItem(node, scope);
        return;
      case "ImportExpression":
        this.#visit(node.source, scope);
        if (node.source.type === "StringLiteral") {
          this.#module.imports.push({
            specifier: node.source.value,
            typeOnly: false,
            node,
          });
        }
        return;
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSTypeAssertion":
        this.#visit(node.expression, scope, name);
        this.#module.castScopes.set(node, scope);
        this.#noteTyped(
          typeRef(node.typeAnnotation, scope),
          node.expression,
          scope.fn,
        );
        return;
      case "TSNonNullExpression":
      case "TSInstantiationExpression":
      case "ParenthesizedExpression":
        this.#visit(node.expression, scope, name);
        return;
      case "TSInterfaceDeclaration":
        this.#declare(scope, node.id.name, "interface", node);
        return;
      case "TSTypeAliasDeclaration":
        this.#declare(scope, node.id.name, "alias", node);
        return;
      case "TSEnumDeclaration":
        this.#declare(scope, node.id.name, "other", node);
        return;
      case "TSModuleDeclaration":
        this.#visitNamespace(node, scope);
        return;
      case "Decorator":
        this.#visit(node.expression, scope);
        scope.fn.sites.push({ kind: "decorate", node });
        return;
      case "MetaProperty":
        return;
      case "BinaryExpression":
        // Long sums lean to the left: a loop, so that none is too long.
        for (let at: t.Node = node;;) {
          if (at.type !== "BinaryExpression") {
            this.#visit(at, scope);
            return;
          }
          this.#visit(at.right, scope);
          at = at.left;
        }
      default:
        if (node.type.startsWith("TS")) return;
        this.#visitChildren(node, scope);
    }
  }

  #visitFunction(
    node: FunctionNode,
    outer: Scope,
    hints: FunctionHints,
  ): FnInfo {
    const fn = this.#newFunction(node, outer, hints);
    this.#module.functionOf.set(node, fn);
    const scope = newScope(outer, fn, true);
    if (node.type === "FunctionExpression" && node.id) {
      this.#declare(scope, node.id.name, "function", node);
    }
    declareTypeParameters(node, (name, parameter) => {
      this.#declare(scope, name, "type_parameter", parameter);
    });
    node.params.forEach((param, index) =>
      this.#visitParameter(param, index, scope)
    );
    if (node.body.type === "BlockStatement") {
      // The body shares the scope of the parameters, near enough.
      this.#visitAll(node.body.body, scope);
    } else {
      fn.returns.push(node.body);
      this.#visit(node.body, scope);
      this.#noteTyped(fn.returnType, node.body, fn);
    }
    return fn;
  }

  #visitParameter(param: t.Node, index: number, scope: Scope): void {
    const { fn } = scope;
    let pattern = param;
    if (pattern.type === "TSParameterProperty") {
      this.#visitAll(pattern.decorators ?? [], scope);
      pattern = pattern.parameter;
    }
    let rest = false;
    if (pattern.type === "RestElement") {
      rest = true;
      pattern = pattern.argument;
    }
    const source: Source = {
      from: "parameter",
      index,
      rest,
      fn,
      path: [],
    };
    this.#bindPattern(pattern, scope, "parameter", [source]);
    if (param.type === "TSParameterProperty") {
      const target = pattern.type === "AssignmentPattern"
        ? pattern.left
        : pattern;
      if (target.type === "Identifier") {
        fn.sites.push({
          kind: "keep",
          node: param,
          name: target.name,
          binding: scope.values.get(target.name)!,
        });
      }
    }
  }

  /** Declares the names of a pattern, each with the way to its value. */
  #bindPattern(
    pattern: t.Node,
    scope: Scope,
    kind: BindingKind,
    sources: readonly Source[],
    types: Binding["types"] = [],
  ): void {
    switch (pattern.type) {
      case "Identifier": {
        const type = typeRef(pattern.typeAnnotation, scope);
        const binding = this.#declare(scope, pattern.name, kind, pattern);
        binding.sources.push(...sources);
        binding.types.push(
          ...(type === null ? types : [{ type, path: [] }]),
        );
        return;
      }
      case "AssignmentPattern": {
        this.#visit(
          pattern.right,
          scope,
          pattern.left.type === "Identifier" ? pattern.left.name : undefined,
        );
        const fallback: Source = {
          from: "expression",
          node: pattern.right,
          fn: scope.fn,
          path: [],
        };
        this.#bindPattern(
          pattern.left,
          scope,
          kind,
          [...sources, fallback],
          types,
        );
        return;
      }
      case "ObjectPattern":
      case "ArrayPattern": {
        const type = typeRef(pattern.typeAnnotation, scope);
        const known = type === null ? types : [{ type, path: [] }];
        this.#eachPart(pattern, scope, (part, step) => {
          this.#bindPattern(
            part,
            scope,
            kind,
            sources.map((source) => deeper(source, step)),
            known.map(({ type, path }) => ({ type, path: [...path, step] })),
          );
        });
        return;
      }
      case "RestElement":
        this.#bindPattern(
          pattern.argument,
          scope,
          kind,
          sources.map((source) => deeper(source, { take: "rest" })),
          types,
        );
        return;
    }
  }

  #eachPart(
    pattern: t.ObjectPattern | t.ArrayPattern,
    scope: Scope,
    use: (part: t.Node, step: Step) => void,
  ): void {
    if (pattern.type === "ArrayPattern") {
      pattern.elements.forEach((element, index) => {
        if (!element) return;
        if (element.type === "RestElement") {
          use(element.argument, { take: "rest" });
        } else use(element, { take: "index", index });
      });
      return;
    }
    for (const property of pattern.properties) {
      if (property.type === "RestElement") {
        use(property.argument, { take: "rest" });
        continue;
      }
      if (property.computed) this.#visit(property.key, scope);
      use(property.value, {
        take: "property",
        name: keyName(property.key, property.computed === true),
      });
    }
  }

  #visitVariables(node: t.VariableDeclaration, scope: Scope): void {
    const target = node.kind === "var" ? functionScope(scope) : scope;
    for (const { id, init } of node.declarations) {
      const sources: Source[] = [];
      if (init) {
        this.#visit(
          init,
          scope,
          id.type === "Identifier" ? id.name : undefined,
        );
        sources.push({
          from: "expression",
          node: init,
          fn: scope.fn,
          path: [],
        });
        if (id.type === "Identifier") {
          this.#noteTyped(typeRef(id.typeAnnotation, scope), init, scope.fn);
        }
        if (node.kind === "using" || node.kind === "await using") {
          scope.fn.sites.push({
            kind: "dispose",
            node: init,
            from: init,
            async: node.kind === "await using",
          });
        }
      }
      this.#bindPattern(id, target, "variable", sources);
    }
  }

  #visitLoop(node: t.ForInStatement | t.ForOfStatement, outer: Scope): void {
    const scope = newScope(outer, outer.fn);
    this.#visit(node.right, outer);
    const isOf = node.type === "ForOfStatement";
    const sources: Source[] = isOf
      ? [{
        from: "expression",
        node: node.right,
        fn: outer.fn,
        path: [{ take: "element" }],
      }]
      : [];
    if (node.left.type === "VariableDeclaration") {
      const [declaration] = node.left.declarations;
      if (declaration) {
        const target = node.left.kind === "var" ? functionScope(scope) : scope;
        this.#bindPattern(
          declaration.id,
          target,
          "variable",
          sources,
        );
      }
    } else {
      this.#assignPattern(node.left, scope, sources);
    }
    if (isOf) {
      outer.fn.sites.push({
        kind: "iterate",
        node: node.right,
        from: node.right,
        async: node.await,
      });
    }
    this.#visit(node.body, scope);
  }

  #visitAssignment(node: t.AssignmentExpression, scope: Scope): void {
    const { left, right, operator } = node;
    const holds = operator === "=" || operator === "??=" ||
      operator === "||=" || operator === "&&=";
    const name = left.type === "Identifier"
      ? left.name
      : left.type === "MemberExpression"
      ? keyName(left.property, left.computed) ?? undefined
      : undefined;
    this.#visit(right, scope, name);
    this.#assignPattern(
      left,
      scope,
      holds
        ? [{ from: "expression", node: right, fn: scope.fn, path: [] }]
        : [],
    );
  }

  #assignPattern(
    target: t.Node,
    scope: Scope,
    sources: readonly Source[],
  ): void {
    switch (target.type) {
      case "Identifier":
        for (const source of sources) {
          this.#writes.push({ name: target.name, scope, source });
        }
        this.#references.push({ node: target, name: target.name, scope });
        return;
      case "MemberExpression":
      case "OptionalMemberExpression": {
        this.#visit(target.object, scope);
        if (target.computed) this.#visit(target.property, scope);
        const [source] = sources;
        // What is taken out of a pattern into a property is let go.
        if (source?.from === "expression" && source.path.length === 0) {
          scope.fn.sites.push({
            kind: "write",
            node: target,
            object: target.object,
            name: keyName(target.property, target.computed),
            value: source.node,
          });
        }
        return;
      }
      case "AssignmentPattern":
        this.#visit(target.right, scope);
        this.#assignPattern(target.left, scope, sources);
        return;
      case "ObjectPattern":
      case "ArrayPattern":
        this.#eachPart(target, scope, (part, step) =>
          this.#assignPattern(
            part,
            scope,
            sources.map((source) => deeper(source, step)),
          ));
        return;
      case "RestElement":
        this.#assignPattern(target.argument, scope, sources);
        return;
      default:
        this.#visit(target, scope);
    }
  }

  #visitCall(node: CallNode, scope: Scope): void {
    if (node.type === "TaggedTemplateExpression") {
      this.#visitCallee(node.tag, scope);
      this.#visitAll(node.quasi.expressions, scope);
    } else {
      this.#visitCallee(node.callee, scope);
      this.#visitAll(node.arguments, scope);
    }
    scope.fn.sites.push({ kind: "call", node });
  }

  /** The callee of a call: what is called is read at the call itself. */
  #visitCallee(callee: t.Node, scope: Scope): void {
    if (
      callee.type === "MemberExpression" ||
      callee.type === "OptionalMemberExpression"
    ) {
      this.#visit(callee.object, scope);
      if (callee.computed) this.#visit(callee.property, scope);
    } else if (callee.type !== "Super" && callee.type !== "Import") {
      this.#visit(callee, scope);
    }
  }

  #visitObject(node: t.ObjectExpression, scope: Scope): void {
    for (const property of node.properties) {
      if (property.type === "SpreadElement") {
        this.#visit(property.argument, scope);
        continue;
      }
      const name = keyName(property.key, property.computed === true) ??
        "<computed>";
      if (property.computed) this.#visit(property.key, scope);
      if (property.type === "ObjectMethod") {
        this.#visitFunction(property, scope, { name, owner: node });
      } else if (property.value.type === "FunctionExpression") {
        this.#visitFunction(property.value, scope, {
          name: property.value.id?.name ?? name,
          owner: node,
        });
      } else {
        this.#visit(property.value, scope, name);
      }
    }
  }

  #visitClass(node: t.Class, outer: Scope, hint: string): void {
    const name = node.id?.name ?? (hint === "<anonymous>" ? "default" : hint);
    if (node.type === "ClassDeclaration" && node.id) {
      this.#declare(outer, name, "class", node);
    }
    this.#visitAll(node.decorators ?? [], outer);
    const scope = newScope(outer, outer.fn);
    if (node.id) this.#declare(scope, name, "class", node);
    declareTypeParameters(node, (name, parameter) => {
      this.#declare(scope, name, "type_parameter", parameter);
    });
    if (node.superClass) this.#visit(node.superClass, outer);
    const cls: ClassInfo = {
      id: this.#counter.next++,
      module: this.#module,
      node,
      name,
      fn: outer.fn,
      superClass: node.superClass ?? null,
      supertypes: (node.implements ?? []).map((one) => ({ node: one, scope })),
      members: new Map(),
      statics: new Map(),
      ctor: null,
      init: undefined as unknown as FnInfo,
      decorators: node.decorators ?? [],
    };
    cls.init = this.#newFunction(node, scope, {
      name: `new ${name}`,
      owner: cls,
    });
    this.#module.classes.push(cls);
    this.#module.classOf.set(node, cls);
    const initScope = newScope(scope, cls.init, true);
    for (const item of node.body.body) {
      this.#visitMember(item, cls, scope, initScope);
    }
  }

  #visitMember(
    item: t.ClassBody["body"][number],
    cls: ClassInfo,
    scope: Scope,
    initScope: Scope,
  ): void {
    switch (item.type) {
      case "StaticBlock":
        this.#visit(item, scope);
        return;
      case "ClassMethod":
      case "ClassPrivateMethod": {
        const isComputed = "computed" in item && item.computed === true;
        const key = keyName(item.key, isComputed);
        if (isComputed) this.#visit(item.key, scope);
        this.#visitAll(item.decorators ?? [], scope);
        const isStatic = item.static === true;
        const isConstructor = item.kind === "constructor";
        const prefix = item.kind === "get" || item.kind === "set"
          ? `${item.kind} `
          : "";
        const fn = this.#visitFunction(item, scope, {
          name: isConstructor
            ? `new ${cls.name}`
            : `${prefix}${cls.name}.${key ?? "<computed>"}`,
          owner: cls,
          isStatic,
        });
        if (isConstructor) {
          cls.ctor = fn;
        } else if (key !== null) {
          addMember(isStatic ? cls.statics : cls.members, key, {
            kind: item.kind as Member["kind"],
            fn,
            decorators: item.decorators ?? [],
          });
        }
        return;
      }
      case "ClassProperty":
      case "ClassPrivateProperty":
      case "ClassAccessorProperty": {
        const key = keyName(
          item.key,
          "computed" in item && item.computed === true,
        );
        this.#visitAll(item.decorators ?? [], scope);
        const isStatic = item.static === true;
        const where = isStatic ? scope : initScope;
        const type = typeRef(item.typeAnnotation, scope);
        if (item.value) {
          this.#visit(item.value, where, `${cls.name}.${key ?? "<computed>"}`);
          this.#noteTyped(type, item.value, where.fn);
        }
        if (key !== null) {
          addMember(isStatic ? cls.statics : cls.members, key, {
            kind: "field",
            value: item.value ?? null,
            type,
            decorators: item.decorators ?? [],
          });
        }
        return;
      }
    }
  }

  #visitJsx(node: t.JSXElement, scope: Scope): void {
    const { name, attributes } = node.openingElement;
    if (name.type !== "JSXIdentifier" || /^[A-Z]/.test(name.name)) {
      if (name.type === "JSXIdentifier") this.#visit(name, scope);
      scope.fn.sites.push({ kind: "jsx", node, component: name });
    }
    this.#visitAll(attributes, scope);
    this.#visitAll(node.children, scope);
  }

  #visitNamespace(node: t.TSModuleDeclaration, scope: Scope): void {
    if (
      node.declare === true || node.id.type !== "Identifier" ||
      node.body.type !== "TSModuleBlock"
    ) return;
    const inner = newScope(scope, scope.fn);
    const binding = this.#declare(scope, node.id.name, "namespace", node);
    namespaceScopes.set(binding, inner);
    for (const statement of node.body.body) {
      this.#visit(
        statement.type === "ExportNamedDeclaration" && statement.declaration
          ? statement.declaration
          : statement,
        inner,
      );
    }
  }

  #noteTyped(type: TypeRef | null, node: t.Node, fn: FnInfo): void {
    if (type !== null) this.#module.typed.push({ type, node, fn });
  }

  #visitModuleItem(
    node:
      | t.ImportDeclaration
      | t.ExportAllDeclaration
      | t.ExportNamedDeclaration
      | t.ExportDefaultDeclaration
      | t.TSExportAssignment,
    scope: Scope,
  ): void {
    const { imports, exports, stars } = this.#module;
    switch (node.type) {
      case "ImportDeclaration": {
        const specifier = node.source.value;
        const typeOnly = node.importKind === "type" ||
          node.specifiers.length > 0 &&
            node.specifiers.every((one) =>
              one.type === "ImportSpecifier" && one.importKind === "type"
            );
        imports.push({ specifier, typeOnly, node });
        for (const one of node.specifiers) {
          const name = one.type === "ImportDefaultSpecifier"
            ? "default"
            : one.type === "ImportNamespaceSpecifier"
            ? "*"
            : nameOf(one.imported);
          this.#declare(scope, one.local.name, "import", one, {
            imported: { specifier, name },
          });
        }
        return;
      }
      case "ExportAllDeclaration":
        imports.push({
          specifier: node.source.value,
          typeOnly: node.exportKind === "type",
          node,
        });
        stars.push(node.source.value);
        return;
      case "ExportNamedDeclaration": {
        if (node.declaration) {
          this.#visit(node.declaration, scope);
          for (const name of declaredNames(node.declaration)) {
            exports.set(name, { kind: "name", name });
          }
        }
        if (node.source) {
          imports.push({
            specifier: node.source.value,
            typeOnly: node.exportKind === "type",
            node,
          });
        }
        for (const one of node.specifiers) {
          this.#addExport(one, node.source?.value, scope);
        }
        return;
      }
      case "ExportDefaultDeclaration": {
        const { declaration } = node;
        this.#visit(declaration, scope, "default");
        const isNamed = (declaration.type === "FunctionDeclaration" ||
          declaration.type === "ClassDeclaration") && declaration.id;
        exports.set(
          "default",
          isNamed
            ? { kind: "name", name: isNamed.name }
            : { kind: "expression", node: declaration },
        );
        return;
      }
      case "TSExportAssignment":
        this.#visit(node.expression, scope);
        exports.set("default", { kind: "expression", node: node.expression });
        return;
    }
  }

  #addExport(
    one: t.ExportNamedDeclaration["specifiers"][number],
    specifier: string | undefined,
    scope: Scope,
  ): void {
    const { exports } = this.#module;
    if (one.type === "ExportNamespaceSpecifier") {
      if (specifier === undefined) return;
      const made: Export = { kind: "from", specifier, name: "*" };
      exports.set(nameOf(one.exported), made);
      return;
    }
    if (one.type !== "ExportSpecifier") return;
    const local = nameOf(one.local);
    exports.set(
      nameOf(one.exported),
      specifier === undefined
        ? { kind: "name", name: local }
        : { kind: "from", specifier, name: local },
    );
    if (specifier === undefined && one.local.type === "Identifier") {
      this.#references.push({ node: one.local, name: local, scope });
    }
  }
}

/** What a TypeScript `namespace` declares. */
export const namespaceScopes: WeakMap<Binding, Scope> = new WeakMap();

function newScope(
  parent: Scope | null,
  fn: FnInfo,
  isFunction = false,
): Scope {
  return { parent, fn, isFunction, values: new Map(), types: new Map() };
}

function functionScope(scope: Scope): Scope {
  let at = scope;
  while (!at.isFunction && at.parent !== null) at = at.parent;
  return at;
}

function typeRef(
  annotation: t.Node | null | undefined,
  scope: Scope,
): TypeRef | null {
  if (!annotation) return null;
  if (annotation.type === "TSTypeAnnotation") {
    return { node: annotation.typeAnnotation, scope };
  }
  return annotation.type.startsWith("TS") ? { node: annotation, scope } : null;
}

function deeper(source: Source, step: Step): Source {
  return { ...source, path: [...source.path, step] };
}

function addMember(
  members: Map<string, Member[]>,
  name: string,
  member: Member,
): void {
  const known = members.get(name);
  if (known === undefined) members.set(name, [member]);
  else known.push(member);
}

function declareTypeParameters(
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

function nameOf(node: t.Identifier | t.StringLiteral): string {
  return node.type === "Identifier" ? node.name : node.value;
}

function declaredNames(node: t.Declaration): string[] {
  switch (node.type) {
    case "VariableDeclaration":
      return node.declarations.flatMap(({ id }) => patternNames(id));
    case "FunctionDeclaration":
    case "ClassDeclaration":
    case "TSDeclareFunction":
      return node.id ? [node.id.name] : [];
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
    case "TSEnumDeclaration":
      return [node.id.name];
    case "TSModuleDeclaration":
      return node.id.type === "Identifier" ? [node.id.name] : [];
    default:
      return [];
  }
}

function patternNames(pattern: t.Node): string[] {
  switch (pattern.type) {
    case "Identifier":
      return [pattern.name];
    case "AssignmentPattern":
      return patternNames(pattern.left);
    case "RestElement":
      return patternNames(pattern.argument);
    case "ArrayPattern":
      return pattern.elements.flatMap((one) => one ? patternNames(one) : []);
    case "ObjectPattern":
      return pattern.properties.flatMap((one) =>
        patternNames(one.type === "RestElement" ? one : one.value as t.Node)
      );
    default:
      return [];
  }
}
