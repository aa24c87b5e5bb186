import type * as t from "@babel/types";
import type { CallFacts } from "./_call_facts.ts";
import type { Cells } from "./_memory.ts";
import type {
  ClassInfo,
  FnInfo,
  ModuleInfo,
  Scope,
  TypeRef,
} from "./_facts.ts";

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

/** How many calls a context remembers before callers are put together. */
const DEEPEST = 3;
/** The same for objects: of these there are many, and each has many methods. */
const DEEPEST_OBJECT = 1;
/** Objects made by one expression that are told apart. */
const MOST_OBJECTS = 4;
/** Values of one argument that are told apart from what others pass. */
const MOST_APART = 4;
/**
 * Contexts of one function in which it matters what objects it is given; in
 * more of them it only matters what functions.
 */
const FEW_FRAMES = 4;
/** Contexts of one function before callers are put together. */
const MOST_FRAMES = 400;

/** Makes values and frames, each once. */
export class Store {
  readonly #values = new Map<string, Value>();
  readonly #frames = new Map<string, Frame>();
  readonly #framesOf = new Map<FnInfo, number>();
  readonly #madeIn = new Map<t.Node, Set<Frame>>();
  /** Instances by class, for those whose class is all that is known. */
  readonly instances = new Map<ClassInfo, InstanceValue[]>();

  #intern<V extends Value>(key: string, make: (id: number) => V): V {
    const known = this.#values.get(key);
    if (known !== undefined) return known as V;
    const value = make(this.#values.size);
    this.#values.set(key, value);
    return value;
  }

  fn(fn: FnInfo, frame: Frame, self: Value | null = null): FnValue {
    return this.#intern(
      `f${fn.id}.${frame.id}.${self?.id ?? ""}`,
      (id) => ({ kind: "function", id, fn, frame, self }),
    );
  }

  cls(cls: ClassInfo, frame: Frame): ClassValue {
    return this.#intern(
      `c${cls.id}.${frame.id}`,
      (id) => ({ kind: "class", id, cls, frame }),
    );
  }

  instance(of: ClassValue, node: t.Node | null, from: Frame): InstanceValue {
    const frame = this.#shallow(node, from);
    const key = node === null
      ? `i${of.id}`
      : `i${of.id}.${nodeKey(node, frame)}`;
    return this.#intern(key, (id) => {
      const made: InstanceValue = { kind: "instance", id, of, node, frame };
      const all = this.instances.get(of.cls);
      if (all === undefined) this.instances.set(of.cls, [made]);
      else all.push(made);
      return made;
    });
  }

  object(node: t.ObjectExpression, from: Frame): ObjectValue {
    const frame = this.#shallow(node, from);
    return this.#intern(
      `o${nodeKey(node, frame)}`,
      (id) => ({ kind: "object", id, node, frame }),
    );
  }

  collection(
    node: t.Node,
    from: Frame,
    element: TypeRef | null = null,
  ): CollectionValue {
    const frame = this.#shallow(node, from);
    return this.#intern(
      `l${nodeKey(node, frame)}${element === null ? "" : "t"}`,
      (id) => ({ kind: "collection", id, node, frame, element }),
    );
  }

  module(module: ModuleInfo): ModuleValue {
    return this.#intern(
      `m${module.index}`,
      (id) => ({ kind: "module", id, module }),
    );
  }

  namespace(scope: Scope, node: t.Node, frame: Frame): NamespaceValue {
    return this.#intern(
      `n${nodeKey(node, frame)}`,
      (id) => ({ kind: "namespace", id, scope, frame }),
    );
  }

  api(module: string, path: string): ApiValue {
    return this.#intern(
      `a${module} ${path}`,
      (id) => ({ kind: "api", id, module, path }),
    );
  }

  pkg(name: string, path: string, made = "", prefix = ""): PackageValue {
    return this.#intern(
      `p${name} ${path} ${made} ${prefix}`,
      (id) => ({ kind: "package", id, name, path, made, prefix }),
    );
  }

  type(type: TypeRef): TypeValue {
    return this.#intern(
      `t${typeKey(type)}`,
      (id) => ({ kind: "type", id, type }),
    );
  }

  fnType(result: TypeRef): FnTypeValue {
    return this.#intern(
      `u${typeKey(result)}`,
      (id) => ({ kind: "function_type", id, result }),
    );
  }

  text(text: string): TextValue {
    return this.#intern(`s${text}`, (id) => ({ kind: "text", id, text }));
  }

  url(module: ModuleInfo, specifier: string): UrlValue {
    return this.#intern(
      `r${module.index} ${specifier}`,
      (id) => ({ kind: "url", id, module, specifier }),
    );
  }

  /** The frame in which all calls of a function are one. */
  generic(fn: FnInfo, parent: Frame | null): Frame {
    return this.#frame(`g${fn.id}.${parent?.id ?? ""}`, {
      fn,
      parent,
      args: [],
      generic: true,
      self: NONE,
      depth: parent?.depth ?? 0,
    });
  }

  /**
   * The frame of a call. Calls that pass the same things are one; those that
   * remember too much of how they came about forget it.
   */
  frame(
    fn: FnInfo,
    parent: Frame | null,
    args: readonly (readonly Value[])[],
    self: readonly Value[],
  ): Frame {
    let kept = args.map((values) =>
      values.length > MOST_APART ? ANYTHING : values
    );
    let from = self.length > MOST_APART ? NONE : self;
    let depth = depthOf(kept, from);
    if (depth >= DEEPEST) {
      kept = kept.map((values) =>
        values === ANYTHING ? ANYTHING : this.#forgetAll(values)
      );
      from = this.#forgetAll(from);
      depth = depthOf(kept, from);
    }
    if ((this.#framesOf.get(fn) ?? 0) >= FEW_FRAMES) {
      kept = kept.map((values) => values.some(isObject) ? ANYTHING : values);
      if (from.some(isObject)) from = NONE;
    }
    const key = `${fn.id}.${parent?.id ?? ""}(${
      kept.map((values) =>
        values === ANYTHING ? "*" : values.map(({ id }) => id).join()
      ).join(";")
    })${from.map(({ id }) => id).join()}`;
    const known = this.#frames.get(key);
    if (known !== undefined) return known;
    const count = (this.#framesOf.get(fn) ?? 0) + 1;
    if (count > MOST_FRAMES) return this.generic(fn, parent);
    this.#framesOf.set(fn, count);
    const own = kept.some((values) => values.length > 0) || from.length > 0
      ? depth + 1
      : 0;
    return this.#frame(key, {
      fn,
      parent,
      args: kept,
      generic: false,
      self: from,
      depth: Math.max(own, parent?.depth ?? 0),
    });
  }

  #frame(
    key: string,
    made: Omit<Frame, "id" | "cells" | "calls" | "passed">,
  ): Frame {
    const known = this.#frames.get(key);
    if (known !== undefined) return known;
    const frame: Frame = {
      ...made,
      id: this.#frames.size,
      cells: new Map(),
      calls: new Map(),
      passed: new Map(),
    };
    this.#frames.set(key, frame);
    return frame;
  }

  #forgetAll(values: readonly Value[]): readonly Value[] {
    return union(values.map((value) => this.forget(value)));
  }

  /** The same value without the calls that led to it. */
  forget(value: Value): Value {
    if (!("frame" in value) || value.frame.depth === 0) return value;
    const frame = this.#genericOf(value.frame);
    switch (value.kind) {
      case "function":
        return this.fn(
          value.fn,
          frame,
          value.self === null ? null : this.forget(value.self),
        );
      case "class":
        return this.cls(value.cls, frame);
      case "instance":
        return this.instance(this.forget(value.of) as ClassValue, null, frame);
      case "object":
        return this.object(value.node, frame);
      case "collection":
        return this.collection(value.node, frame, value.element);
      case "namespace":
        return value;
    }
  }

  /** The frame that an object made there remembers. */
  #shallow(node: t.Node | null, frame: Frame): Frame {
    if (frame.depth > DEEPEST_OBJECT) return this.#genericOf(frame);
    if (node === null || frame.depth === 0) return frame;
    let known = this.#madeIn.get(node);
    if (known === undefined) this.#madeIn.set(node, known = new Set());
    if (known.size >= MOST_OBJECTS && !known.has(frame)) {
      return this.#genericOf(frame);
    }
    known.add(frame);
    return frame;
  }

  #genericOf(frame: Frame): Frame {
    if (frame.generic || frame.depth === 0) return frame;
    const parent = frame.parent === null ? null : this.#genericOf(frame.parent);
    return this.generic(frame.fn, parent);
  }
}

function isObject({ kind }: Value): boolean {
  return kind === "object" || kind === "instance" || kind === "collection" ||
    kind === "type";
}

function depthOf(
  args: readonly (readonly Value[])[],
  self: readonly Value[],
): number {
  let depth = 0;
  const look = (value: Value) => {
    if ("frame" in value && value.frame.depth > depth) {
      depth = value.frame.depth;
    }
  };
  for (const values of args) values.forEach(look);
  self.forEach(look);
  return depth;
}

const nodeIds = new WeakMap<t.Node, number>();
let nodeCount = 0;

/** A number for a node. */
export function nodeId(node: t.Node): number {
  let id = nodeIds.get(node);
  if (id === undefined) nodeIds.set(node, id = nodeCount++);
  return id;
}

function nodeKey(node: t.Node, frame: Frame): string {
  return `${nodeId(node)}.${frame.id}`;
}

const scopeIds = new WeakMap<Scope, number>();
let scopeCount = 0;

function typeKey({ node, scope }: TypeRef): string {
  let id = scopeIds.get(scope);
  if (id === undefined) scopeIds.set(scope, id = scopeCount++);
  return `${nodeId(node)}.${id}`;
}
