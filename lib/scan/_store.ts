import type * as t from "@babel/types";
import type {
  ClassInfo,
  FnInfo,
  ModuleInfo,
  Scope,
  TypeRef,
} from "./_facts.ts";
import { nodeId, typeKey } from "./_node_ids.ts";
import {
  ANYTHING,
  type ApiValue,
  type ClassValue,
  type CollectionValue,
  type FnTypeValue,
  type FnValue,
  type Frame,
  type InstanceValue,
  isObject,
  type ModuleValue,
  type NamespaceValue,
  NONE,
  type ObjectValue,
  type PackageValue,
  type TextValue,
  type TypeValue,
  union,
  type UrlValue,
  type Value,
} from "./_values.ts";

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

function nodeKey(node: t.Node, frame: Frame): string {
  return `${nodeId(node)}.${frame.id}`;
}
