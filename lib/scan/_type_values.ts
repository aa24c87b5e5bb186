import { blockingApis } from "@loophound/toolkit/blocking_apis";
import type * as t from "@babel/types";
import {
  type Binding,
  type ClassInfo,
  type FnInfo,
  keyName,
  lookUpType,
  lookUpValue,
  type ModuleInfo,
  type Scope,
  type TypeRef,
} from "./_facts.ts";
import type { Memory } from "./_memory.ts";
import type { Store } from "./_store.ts";
import {
  type Frame,
  NONE,
  type TypeValue,
  union,
  type Value,
} from "./_values.ts";

/** What types are resolved with. */
export interface TypeContext {
  readonly store: Store;
  readonly memory: Memory;
  readonly modules: readonly ModuleInfo[];
  evaluate(node: t.Node, frame: Frame): readonly Value[];
  evaluateBinding(binding: Binding, frame: Frame): readonly Value[];
  property(values: readonly Value[], name: string | null): readonly Value[];
  result(values: readonly Value[]): readonly Value[];
  /** Values by type, each type once. */
  typed(type: TypeRef): readonly Value[];
  home(fn: FnInfo): Frame;
  /** Whether it matters what of a package something is. */
  isTracked(name: string): boolean;
  /** The type that an import stands for. */
  importedType(binding: Binding): Binding | readonly Value[] | undefined;
}

const COLLECTIONS = new Set([
  "Array",
  "ReadonlyArray",
  "Set",
  "ReadonlySet",
  "Iterable",
  "Iterator",
  "IterableIterator",
  "AsyncIterable",
  "AsyncIterator",
  "AsyncIterableIterator",
  "Generator",
  "AsyncGenerator",
  "WeakRef",
]);
const KEYED = new Set(["Map", "ReadonlyMap", "WeakMap", "Record"]);
/** Types that are, at run time, their first argument. */
const SAME = new Set([
  "Promise",
  "PromiseLike",
  "Awaited",
  "Partial",
  "Required",
  "Readonly",
  "Pick",
  "Omit",
  "NonNullable",
  "Exclude",
  "Extract",
  "NoInfer",
]);

function nameOf(node: t.Node): string[] {
  switch (node.type) {
    case "Identifier":
      return [node.name];
    case "TSQualifiedName":
      return [...nameOf(node.left), node.right.name];
    case "MemberExpression":
      return node.property.type === "Identifier"
        ? [...nameOf(node.object), node.property.name]
        : [];
    default:
      return [];
  }
}

function argumentsOf(node: t.Node): readonly t.Node[] {
  const { typeArguments } = node as {
    typeArguments?: { params?: readonly t.Node[] } | null;
  };
  return typeArguments?.params ?? [];
}

/** The values that something of a type may be. */
export function valuesOfType(
  { node, scope }: TypeRef,
  context: TypeContext,
): readonly Value[] {
  const inner = (type: t.Node): readonly Value[] =>
    context.typed({ node: type, scope });
  const { store } = context;
  switch (node.type) {
    case "TSTypeReference":
      return namedType(nameOf(node.typeName), node, scope, context);
    case "TSClassImplements":
    case "TSInterfaceHeritage":
      return namedType(nameOf(node.expression), node, scope, context);
    case "TSUnionType":
    case "TSIntersectionType":
      return union(...node.types.map(inner));
    case "TSParenthesizedType":
    case "TSOptionalType":
    case "TSRestType":
    case "TSTypeOperator":
      return inner(node.typeAnnotation);
    case "TSArrayType":
      return [
        store.collection(node, context.home(scope.fn), {
          node: node.elementType,
          scope,
        }),
      ];
    case "TSTupleType": {
      const [first] = node.elementTypes;
      if (first === undefined) return NONE;
      const type = first.type === "TSNamedTupleMember"
        ? first.elementType
        : first;
      return [
        store.collection(node, context.home(scope.fn), { node: type, scope }),
      ];
    }
    case "TSTypeLiteral":
      return [store.type({ node, scope })];
    case "TSFunctionType": {
      const result = node.returnType;
      return result?.type === "TSTypeAnnotation"
        ? [store.fnType({ node: result.typeAnnotation, scope })]
        : NONE;
    }
    case "TSIndexedAccessType": {
      const { indexType } = node;
      const name = indexType.type === "TSLiteralType" &&
          indexType.literal.type === "StringLiteral"
        ? indexType.literal.value
        : null;
      return context.property(inner(node.objectType), name);
    }
    case "TSTypeQuery":
      return node.exprName.type === "TSImportType"
        ? NONE
        : namedValue(nameOf(node.exprName), scope, context);
    case "TSTypePredicate":
      return NONE;
    default:
      return NONE;
  }
}

function namedValue(
  names: readonly string[],
  scope: Scope,
  context: TypeContext,
): readonly Value[] {
  const [first, ...rest] = names;
  if (first === undefined) return NONE;
  const binding = lookUpValue(scope, first);
  let values = binding === undefined
    ? [context.store.api("global", first)]
    : context.evaluateBinding(binding, context.home(scope.fn));
  for (const name of rest) values = context.property(values, name);
  return values;
}

function namedType(
  names: readonly string[],
  node: t.Node,
  scope: Scope,
  context: TypeContext,
): readonly Value[] {
  const [first, ...rest] = names;
  if (first === undefined) return NONE;
  const found = lookUpType(scope, first);
  if (found === undefined) {
    return globalType(names, argumentsOf(node), scope, context);
  }
  if (rest.length > 0) {
    // `fs.Dir`, of `import * as fs`.
    const values = context.property(
      namedValue(names.slice(0, -1), scope, context),
      names.at(-1)!,
    );
    return union(values.map((value) => instanceOf(value, context)).flat());
  }
  return typeOfBinding(found, context);
}

function typeOfBinding(
  binding: Binding,
  context: TypeContext,
): readonly Value[] {
  const { scope, node } = binding;
  switch (binding.kind) {
    case "class":
      return union(
        context.evaluateBinding(binding, context.home(scope.fn))
          .flatMap((value) => instanceOf(value, context)),
      );
    case "interface":
      return [context.store.type({ node, scope })];
    case "alias":
      return node.type === "TSTypeAliasDeclaration"
        ? context.typed({ node: node.typeAnnotation, scope })
        : NONE;
    case "type_parameter":
      return node.type === "TSTypeParameter" && node.constraint
        ? context.typed({ node: node.constraint, scope })
        : NONE;
    case "import": {
      const found = context.importedType(binding);
      if (found === undefined) return NONE;
      return "kind" in found
        ? typeOfBinding(found, context)
        : union(found.flatMap((value) => instanceOf(value, context)));
    }
    default:
      return NONE;
  }
}

function instanceOf(value: Value, context: TypeContext): readonly Value[] {
  const { store } = context;
  switch (value.kind) {
    case "class":
      return [store.instance(value, null, value.frame)];
    case "api":
      return [store.api(value.module, `${value.path}.prototype`)];
    case "package":
      return context.isTracked(value.name)
        ? [store.pkg(value.name, `${value.path}.prototype`)]
        : [store.pkg(value.name, "*")];
    default:
      return NONE;
  }
}

function globalType(
  names: readonly string[],
  args: readonly t.Node[],
  scope: Scope,
  context: TypeContext,
): readonly Value[] {
  const { store } = context;
  const [name] = names as [string];
  const first = args[0];
  if (names.length === 1) {
    const element = KEYED.has(name) ? args[1] : first;
    if (element !== undefined && (COLLECTIONS.has(name) || KEYED.has(name))) {
      return [
        store.collection(element, context.home(scope.fn), {
          node: element,
          scope,
        }),
      ];
    }
    if (first !== undefined && SAME.has(name)) {
      return context.typed({ node: first, scope });
    }
    if (first !== undefined && name === "ReturnType") {
      return context.result(context.typed({ node: first, scope }));
    }
    if (first !== undefined && name === "InstanceType") {
      return context.typed({ node: first, scope })
        .flatMap((value) => instanceOf(value, context));
    }
  }
  const api = name === "Deno"
    ? store.api("Deno", `${names.slice(1).join(".")}.prototype`)
    : store.api("global", `${names.join(".")}.prototype`);
  return TOLD_OF.has(`${api.module} ${api.path}`) ? [api] : NONE;
}

/** Classes of the runtime some of whose methods the list has. */
const TOLD_OF: ReadonlySet<string> = new Set(
  blockingApis.flatMap(({ module, name }) => {
    const cut = name.indexOf(".prototype.");
    return cut < 0 ? [] : [`${module} ${name.slice(0, cut)}.prototype`];
  }),
);

/** What an interface or object type says a property is. */
export function declaredProperty(
  { type }: TypeValue,
  name: string | null,
  context: TypeContext,
): readonly Value[] {
  const { node, scope } = type;
  const members = node.type === "TSInterfaceDeclaration"
    ? node.body.body
    : node.type === "TSTypeLiteral"
    ? node.members
    : [];
  const found: (readonly Value[])[] = [];
  for (const member of members) {
    if (
      member.type !== "TSPropertySignature" &&
      member.type !== "TSMethodSignature"
    ) continue;
    if (name !== null && keyName(member.key, member.computed) !== name) {
      continue;
    }
    const annotation = member.type === "TSPropertySignature"
      ? member.typeAnnotation
      : member.returnType;
    if (annotation?.type !== "TSTypeAnnotation") continue;
    const own = { node: annotation.typeAnnotation, scope };
    found.push(
      member.type === "TSMethodSignature" && member.kind !== "get"
        ? [context.store.fnType(own)]
        : context.typed(own),
    );
  }
  if (found.length === 0 && node.type === "TSInterfaceDeclaration") {
    for (const parent of node.extends ?? []) {
      found.push(
        context.property(context.typed({ node: parent, scope }), name),
      );
    }
  }
  return union(...found);
}

/** What implements an interface: classes, and objects said to be one. */
export class Implementations {
  readonly #context: TypeContext;
  #classes: Map<t.Node, ClassInfo[]> | null = null;
  #typed: Map<t.Node, { node: t.Node; fn: FnInfo }[]> | null = null;

  constructor(context: TypeContext) {
    this.#context = context;
  }

  of({ type }: TypeValue): readonly Value[] {
    const context = this.#context;
    const { store } = context;
    this.#classes ??= context.memory.alone(() => this.#indexClasses());
    this.#typed ??= context.memory.alone(() => this.#indexTyped());
    const found: Value[] = [];
    for (const cls of this.#classes.get(type.node) ?? []) {
      const frame = context.home(cls.fn);
      found.push(store.instance(store.cls(cls, frame), null, frame));
    }
    for (const { node, fn } of this.#typed.get(type.node) ?? []) {
      for (const value of context.evaluate(node, context.home(fn))) {
        if (value.kind === "object" || value.kind === "instance") {
          found.push(value);
        }
      }
    }
    return union(found);
  }

  /** Interfaces, and what they extend. */
  #interfacesOf(type: TypeRef, seen: Set<t.Node>): Set<t.Node> {
    for (const value of this.#context.typed(type)) {
      if (value.kind !== "type" || seen.has(value.type.node)) continue;
      const { node, scope } = value.type;
      seen.add(node);
      if (node.type === "TSInterfaceDeclaration") {
        for (const parent of node.extends ?? []) {
          this.#interfacesOf({ node: parent, scope }, seen);
        }
      }
    }
    return seen;
  }

  #indexClasses(): Map<t.Node, ClassInfo[]> {
    const index = new Map<t.Node, ClassInfo[]>();
    for (const module of this.#context.modules) {
      for (const cls of module.classes) {
        for (const type of cls.supertypes) {
          for (const node of this.#interfacesOf(type, new Set())) {
            push(index, node, cls);
          }
        }
      }
    }
    return index;
  }

  #indexTyped(): Map<t.Node, { node: t.Node; fn: FnInfo }[]> {
    const index = new Map<t.Node, { node: t.Node; fn: FnInfo }[]>();
    for (const module of this.#context.modules) {
      for (const { type, node, fn } of module.typed) {
        for (const found of this.#interfacesOf(type, new Set())) {
          push(index, found, { node, fn });
        }
      }
    }
    return index;
  }
}

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
