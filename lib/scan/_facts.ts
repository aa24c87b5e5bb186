import type * as t from "@babel/types";

/** A function, a module's top level, or the field initialisers of a class. */
export interface FnInfo {
  readonly id: number;
  readonly module: ModuleInfo;
  readonly node: t.Node;
  readonly name: string;
  /** The function around it; null for a module's top level. */
  readonly parent: FnInfo | null;
  /** Has no `this` of its own. */
  readonly arrow: boolean;
  readonly generator: boolean;
  /** What `this` is an instance of (or, `isStatic`, is). */
  readonly owner: ClassInfo | t.ObjectExpression | null;
  readonly isStatic: boolean;
  readonly params: readonly t.Node[];
  readonly returnType: TypeRef | null;
  readonly sites: Site[];
  readonly returns: t.Node[];
  readonly yields: t.Node[];
}

export interface ClassInfo {
  readonly id: number;
  readonly module: ModuleInfo;
  readonly node: t.Class;
  readonly name: string;
  /** The function that the class is defined in. */
  readonly fn: FnInfo;
  readonly superClass: t.Node | null;
  readonly supertypes: readonly TypeRef[];
  readonly members: Map<string, Member[]>;
  readonly statics: Map<string, Member[]>;
  ctor: FnInfo | null;
  /** Runs the initialisers of fields. */
  init: FnInfo;
  readonly decorators: readonly t.Node[];
}

export interface Member {
  kind: "method" | "get" | "set" | "field";
  fn?: FnInfo;
  value?: t.Node | null;
  type?: TypeRef | null;
  decorators: readonly t.Node[];
}

/** A type as written, and where its names are looked up. */
export interface TypeRef {
  readonly node: t.Node;
  readonly scope: Scope;
}

/** How a value is taken out of another: `{ a: [b] }` is `a`, then `0`. */
export type Step =
  | { take: "property"; name: string | null }
  | { take: "index"; index: number }
  /** What a loop over it gives. */
  | { take: "element" }
  /** `...rest`: the same thing again, as far as the scan is concerned. */
  | { take: "rest" };

/** Where the value of a name comes from. */
export type Source =
  | { from: "expression"; node: t.Node; fn: FnInfo; path: readonly Step[] }
  | {
    from: "parameter";
    index: number;
    rest: boolean;
    fn: FnInfo;
    path: readonly Step[];
  };

export type BindingKind =
  | "import"
  | "parameter"
  | "variable"
  | "function"
  | "class"
  | "namespace"
  | "interface"
  | "alias"
  | "type_parameter"
  | "other";

export interface Binding {
  readonly kind: BindingKind;
  readonly name: string;
  readonly scope: Scope;
  readonly node: t.Node;
  readonly sources: Source[];
  readonly types: { type: TypeRef; path: readonly Step[] }[];
  readonly imported?: { specifier: string; name: string };
}

export interface Scope {
  readonly parent: Scope | null;
  readonly fn: FnInfo;
  /** Where `var` goes. */
  readonly isFunction: boolean;
  readonly values: Map<string, Binding>;
  readonly types: Map<string, Binding>;
}

export type CallNode =
  | t.CallExpression
  | t.OptionalCallExpression
  | t.NewExpression
  | t.TaggedTemplateExpression;

/** What a function does that may run other code. */
export type Site =
  | { kind: "call"; node: CallNode }
  /** `a.b`, in case that `b` is a getter. */
  | { kind: "read"; node: t.MemberExpression | t.OptionalMemberExpression }
  | {
    kind: "write";
    node: t.Node;
    object: t.Node;
    name: string | null;
    value: t.Node;
  }
  | { kind: "iterate"; node: t.Node; from: t.Node; async: boolean }
  | { kind: "dispose"; node: t.Node; from: t.Node; async: boolean }
  | { kind: "await"; node: t.Node; from: t.Node }
  | { kind: "jsx"; node: t.Node; component: t.Node }
  | { kind: "decorate"; node: t.Node }
  /** `constructor(private store: Store)`. */
  | { kind: "keep"; node: t.Node; name: string; binding: Binding };

export type Export =
  | { kind: "name"; name: string }
  | { kind: "expression"; node: t.Node }
  | { kind: "from"; specifier: string; name: string };

export interface ImportFact {
  readonly specifier: string;
  /** Nothing of it is left at run time. */
  readonly typeOnly: boolean;
  readonly node: t.Node;
}

/** What an import leads to, once all files are read. */
export type Linked =
  | { kind: "module"; module: ModuleInfo }
  | { kind: "builtin"; module: string }
  | { kind: "package"; name: string }
  | { kind: "none" };

export interface ModuleInfo {
  readonly index: number;
  /** Absolute. */
  readonly path: string;
  readonly comments: readonly t.Comment[];
  readonly top: FnInfo;
  readonly scope: Scope;
  readonly exports: Map<string, Export>;
  /** `export * from`. */
  readonly stars: string[];
  readonly imports: ImportFact[];
  readonly names: Map<t.Node, Binding>;
  readonly functions: FnInfo[];
  readonly classes: ClassInfo[];
  readonly functionOf: Map<t.Node, FnInfo>;
  readonly classOf: Map<t.Node, ClassInfo>;
  /** Expressions whose type is written beside them. */
  readonly typed: { type: TypeRef; node: t.Node; fn: FnInfo }[];
  /** Where the type of a cast is looked up. */
  readonly castScopes: Map<t.Node, Scope>;
  /** By the specifier as written. */
  readonly links: Map<string, Linked>;
}

export function lookUpValue(scope: Scope, name: string): Binding | undefined {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = at.values.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

export function lookUpType(scope: Scope, name: string): Binding | undefined {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = at.types.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Name of a property as written; null when it is known only at run time. */
export function keyName(key: t.Node, computed: boolean): string | null {
  switch (key.type) {
    case "Identifier":
      return computed ? null : key.name;
    case "PrivateName":
      return `#${key.id.name}`;
    case "StringLiteral":
      return key.value;
    case "NumericLiteral":
      return String(key.value);
    case "MemberExpression":
      // [Symbol.iterator]
      return key.object.type === "Identifier" && key.object.name === "Symbol" &&
          key.property.type === "Identifier"
        ? `@@${key.property.name}`
        : null;
    default:
      return null;
  }
}
