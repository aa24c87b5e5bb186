import type * as t from "@babel/types";
import type { CallFacts } from "./_call_facts.ts";
import type {
  ClassInfo,
  FnInfo,
  ModuleInfo,
  Scope,
  TypeRef,
} from "./_facts.ts";
import type { Cells } from "./_memory.ts";

/**
 * What an expression may stand for. Values are interned: the same value is the
 * same object.
 */
export type Value =
  | FnValue
  | ClassValue
  | InstanceValue
  | ObjectValue
  | CollectionValue
  | ModuleValue
  | NamespaceValue
  | ApiValue
  | PackageValue
  | TypeValue
  | FnTypeValue
  | TextValue
  | UrlValue;

export interface FnValue {
  readonly kind: "function";
  readonly id: number;
  readonly fn: FnInfo;
  /** The call in which the function was made. */
  readonly frame: Frame;
  /** What it was taken from: its `this`. */
  readonly self: Value | null;
}

export interface ClassValue {
  readonly kind: "class";
  readonly id: number;
  readonly cls: ClassInfo;
  readonly frame: Frame;
}

export interface InstanceValue {
  readonly kind: "instance";
  readonly id: number;
  readonly of: ClassValue;
  /** Where it was made; null: any instance of the class or of a subclass. */
  readonly node: t.Node | null;
  readonly frame: Frame;
}

export interface ObjectValue {
  readonly kind: "object";
  readonly id: number;
  readonly node: t.ObjectExpression;
  readonly frame: Frame;
}

/** An array, a map, a set, an iterator: whatever has elements. */
export interface CollectionValue {
  readonly kind: "collection";
  readonly id: number;
  readonly node: t.Node;
  readonly frame: Frame;
  readonly element: TypeRef | null;
}

export interface ModuleValue {
  readonly kind: "module";
  readonly id: number;
  readonly module: ModuleInfo;
}

/** A TypeScript `namespace`. */
export interface NamespaceValue {
  readonly kind: "namespace";
  readonly id: number;
  readonly scope: Scope;
  readonly frame: Frame;
}

/** Something of the runtime: `Deno.readTextFileSync`, `FsFile.prototype`. */
export interface ApiValue {
  readonly kind: "api";
  readonly id: number;
  /** `Deno`, `global`, `node:fs`. */
  readonly module: string;
  /** `readFileSync`; "" for the module itself. */
  readonly path: string;
}

/** Something of a package. */
export interface PackageValue {
  readonly kind: "package";
  readonly id: number;
  /** `hono`, `@electric-sql/pglite/worker`. */
  readonly name: string;
  /** `Hono`, `Hono.prototype.get`, `create()`. */
  readonly path: string;
  /** Which one it is, for routers: the calls that made it, outermost first. */
  readonly made: string;
  /** Path before all its routes: `basePath("/v1")`. */
  readonly prefix: string;
}

/** Whatever has an interface or an object type. */
export interface TypeValue {
  readonly kind: "type";
  readonly id: number;
  readonly type: TypeRef;
}

/** Whatever has a function type. */
export interface FnTypeValue {
  readonly kind: "function_type";
  readonly id: number;
  readonly result: TypeRef;
}

export interface TextValue {
  readonly kind: "text";
  readonly id: number;
  readonly text: string;
}

/** `new URL("./worker.ts", import.meta.url)`. */
export interface UrlValue {
  readonly kind: "url";
  readonly id: number;
  readonly module: ModuleInfo;
  readonly specifier: string;
}

export const NONE: readonly Value[] = [];

/** As an argument: whatever the function is ever given there. */
export const ANYTHING: readonly Value[] = [];

/** Values of one expression. */
const MOST_VALUES = 64;
/**
 * Objects among them: an expression that may be more than these is one of a
 * program that passes everything through it, and says nothing any more.
 */
const MOST_OBJECTS_AT_ONCE = 16;

/** Puts values together, each once, in the order they come. */
export function union(
  ...lists: readonly (readonly Value[])[]
): readonly Value[] {
  let first: readonly Value[] = NONE;
  let all: Set<Value> | null = null;
  for (const list of lists) {
    if (list.length === 0 || list === first) continue;
    if (first.length === 0) {
      first = list;
      continue;
    }
    if (all === null && first.length <= 8) {
      // Mostly there is nothing new.
      const known = first;
      if (list.every((value) => known.includes(value))) continue;
    }
    all ??= new Set(first);
    for (const value of list) all.add(value);
  }
  if (all === null) return first;
  if (all.size <= MOST_OBJECTS_AT_ONCE) return [...all];
  let objects = 0;
  return [...all].filter((value) =>
    !isObject(value) || ++objects <= MOST_OBJECTS_AT_ONCE
  ).slice(0, MOST_VALUES);
}

/**
 * Leaves out what is too many things to mean anything: what a program passes
 * everything through may be any of them, and following each invents paths.
 */
export function meaningful(values: readonly Value[]): readonly Value[] {
  if (values.length < MOST_OBJECTS_AT_ONCE) return values;
  const others = values.filter((value) => !isObject(value));
  const kept = values.length - others.length < MOST_OBJECTS_AT_ONCE
    ? values
    : others;
  return kept.length < MOST_VALUES ? kept : NONE;
}

/** Whether a value is a thing with properties of its own. */
export function isObject({ kind }: Value): boolean {
  return kind === "object" || kind === "instance" || kind === "collection" ||
    kind === "type";
}

/** A function in a call: what it was given, as far as that matters. */
export interface Frame {
  readonly id: number;
  readonly fn: FnInfo;
  readonly parent: Frame | null;
  readonly args: readonly (readonly Value[])[];
  /** Stands for all calls of the function at once. */
  readonly generic: boolean;
  readonly self: readonly Value[];
  /** How many calls its arguments remember. */
  readonly depth: number;
  /** What its expressions and names stand for. */
  readonly cells: Cells<readonly Value[]>;
  readonly calls: Cells<CallFacts>;
  /** What its calls pass. */
  readonly passed: Cells<readonly (readonly Value[])[]>;
}
