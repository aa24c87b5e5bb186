import type * as t from "@babel/types";
import type { Evaluator } from "./_evaluator.ts";
import {
  type ClassInfo,
  keyName,
  type Member,
  type TypeRef,
} from "./_facts.ts";
import {
  type ClassValue,
  type FnValue,
  type Frame,
  type InstanceValue,
  NONE,
  type ObjectValue,
  union,
  type Value,
} from "./_values.ts";

/** Properties of objects, of instances, of classes. */
export class Members {
  readonly #evaluator: Evaluator;
  #subclasses: Map<ClassInfo, ClassValue[]> | null = null;

  constructor(evaluator: Evaluator) {
    this.#evaluator = evaluator;
  }

  ofObject(value: ObjectValue, name: string | null): readonly Value[] {
    const { node, frame } = value;
    const { functionOf } = frame.fn.module;
    let found: readonly Value[] = NONE;
    // From the end: what is written later wins.
    for (const property of node.properties.toReversed()) {
      if (property.type === "SpreadElement") {
        const spread = this.#evaluator.evaluate(property.argument, frame);
        found = union(found, this.#evaluator.property(spread, name));
        continue;
      }
      const key = keyName(property.key, property.computed === true);
      if (name !== null && key !== null && key !== name) continue;
      const fnNode = property.type === "ObjectMethod"
        ? property
        : property.value.type === "FunctionExpression"
        ? property.value
        : undefined;
      const fn = fnNode && functionOf.get(fnNode);
      let own: readonly Value[];
      if (fn === undefined) {
        own = property.type === "ObjectProperty"
          ? this.#evaluator.evaluate(property.value, frame)
          : NONE;
      } else if (property.type === "ObjectMethod" && property.kind === "set") {
        continue;
      } else {
        own = [this.#evaluator.store.fn(fn, frame, value)];
        if (property.type === "ObjectMethod" && property.kind === "get") {
          own = this.#evaluator.result(own);
        }
      }
      found = union(found, own);
      if (name !== null && key === name) return found;
    }
    return found;
  }

  ofInstance(
    value: InstanceValue,
    name: string | null,
  ): readonly Value[] {
    if (name === null) return NONE;
    const own = this.inherited(value.of, name, value, new Set());
    if (value.node !== null) return own;
    // Any of the class: what is known of each, and of each subclass.
    const all: (readonly Value[])[] = [own];
    for (const cls of this.#familyOf(value.of)) {
      if (cls !== value.of) {
        all.push(this.inherited(cls, name, value, new Set()));
      }
      for (const one of this.#evaluator.store.instances.get(cls.cls) ?? []) {
        if (one !== value) all.push(this.#evaluator.learnt.read(one, name));
      }
    }
    return union(...all);
  }

  inherited(
    cls: ClassValue,
    name: string,
    self: InstanceValue,
    seen: Set<ClassValue>,
  ): readonly Value[] {
    if (seen.has(cls)) return NONE;
    seen.add(cls);
    const members = cls.cls.members.get(name);
    if (members !== undefined) {
      return union(
        ...members.map((member) => this.#memberValue(member, name, cls, self)),
      );
    }
    const kept = this.#keptType(cls.cls, name);
    if (kept !== null && this.#evaluator.learnt.read(self, name).length === 0) {
      return this.#evaluator.typed(kept);
    }
    const { superClass } = cls.cls;
    if (superClass === null) return NONE;
    return union(
      ...this.#evaluator.evaluate(superClass, cls.frame).map((parent) => {
        if (parent.kind === "class") {
          return this.inherited(parent, name, self, seen);
        }
        return parent.kind === "api" || parent.kind === "package"
          ? this.#evaluator.property(
            this.#evaluator.property([parent], "prototype"),
            name,
          )
          : NONE;
      }),
    );
  }

  /** The type of `constructor(private store: Store)`. */
  #keptType(cls: ClassInfo, name: string): TypeRef | null {
    for (const site of cls.ctor?.sites ?? []) {
      if (site.kind === "keep" && site.name === name) {
        return site.binding.types[0]?.type ?? null;
      }
    }
    return null;
  }

  #memberValue(
    member: Member,
    name: string,
    cls: ClassValue,
    self: InstanceValue,
  ): readonly Value[] {
    const { fn, value, kind } = member;
    if (kind === "set") return NONE;
    if (fn !== undefined) {
      const method = this.#evaluator.store.fn(fn, cls.frame, self);
      if (kind === "get") return this.#evaluator.result([method]);
      return union([method], this.#decorated(member, cls, method));
    }
    const frame = this.#evaluator.enterInit(self);
    const given = value ? this.#fieldValue(value, frame, self) : NONE;
    const isKnown = given.length > 0 ||
      this.#evaluator.learnt.read(self, name).length > 0;
    return isKnown || !member.type ? given : this.#evaluator.typed(member.type);
  }

  #fieldValue(
    value: t.Node,
    frame: Frame,
    self: Value,
  ): readonly Value[] {
    if (value.type !== "FunctionExpression") {
      return this.#evaluator.evaluate(value, frame);
    }
    const fn = frame.fn.module.functionOf.get(value);
    return fn === undefined
      ? NONE
      : [this.#evaluator.store.fn(fn, frame, self)];
  }

  /** What decorators put in the place of a method. */
  #decorated(
    member: Member,
    cls: ClassValue,
    method: FnValue,
  ): readonly Value[] {
    return union(
      ...member.decorators.map((decorator) => {
        if (decorator.type !== "Decorator") return NONE;
        const called = this.#evaluator.evaluate(
          decorator.expression,
          cls.frame,
        );
        return union(
          ...called.map((value) =>
            value.kind === "function" &&
              !this.#evaluator.isOpaque(value.fn, cls.cls.fn)
              ? this.#evaluator.returned(
                this.#evaluator.enter(value, [[method]]),
              )
                .filter((one) => one.kind === "function")
              : NONE
          ),
        );
      }),
    );
  }

  ofClass(value: ClassValue, name: string | null): readonly Value[] {
    if (name === null) return NONE;
    if (name === "prototype") {
      return [this.#evaluator.store.instance(value, null, value.frame)];
    }
    const members = value.cls.statics.get(name);
    if (members === undefined) {
      const { superClass } = value.cls;
      return superClass === null ? NONE : this.#evaluator.property(
        this.#evaluator.evaluate(superClass, value.frame),
        name,
      );
    }
    return union(...members.map(({ fn, value: init, kind, type }) => {
      if (kind === "set") return NONE;
      if (fn !== undefined) {
        const method = this.#evaluator.store.fn(fn, value.frame, value);
        return kind === "get" ? this.#evaluator.result([method]) : [method];
      }
      const given = init ? this.#fieldValue(init, value.frame, value) : NONE;
      return given.length > 0 || !type ? given : this.#evaluator.typed(type);
    }));
  }

  /** A class and all that extend it. */
  #familyOf(cls: ClassValue): readonly ClassValue[] {
    const family = [cls];
    for (const one of family) {
      for (const child of this.#subclassesOf(one.cls)) {
        if (!family.includes(child)) family.push(child);
      }
    }
    return family;
  }

  #subclassesOf(cls: ClassInfo): readonly ClassValue[] {
    this.#subclasses ??= this.#evaluator.memory.alone(() =>
      this.#indexSubclasses()
    );
    return this.#subclasses.get(cls) ?? [];
  }

  #indexSubclasses(): Map<ClassInfo, ClassValue[]> {
    const index = new Map<ClassInfo, ClassValue[]>();
    {
      for (const module of this.#evaluator.modules) {
        for (const child of module.classes) {
          if (child.superClass === null) continue;
          const frame = this.#evaluator.home(child.fn);
          for (
            const parent of this.#evaluator.evaluate(child.superClass, frame)
          ) {
            if (parent.kind !== "class") continue;
            const known = index.get(parent.cls) ?? [];
            known.push(this.#evaluator.store.cls(child, frame));
            index.set(parent.cls, known);
          }
        }
      }
    }
    return index;
  }
}
