import type { Evaluator } from "./_evaluator.ts";
import { keyName } from "./_facts.ts";
import type { ClassValue, FnValue, Value } from "./_values.ts";

/** The getters or setters of a name, each with its `this`. */
export function accessorsOf(
  evaluator: Evaluator,
  objects: readonly Value[],
  name: string,
  kind: "get" | "set",
): { value: FnValue; self: Value }[] {
  const { store } = evaluator;
  const found: { value: FnValue; self: Value }[] = [];
  for (const object of objects) {
    if (object.kind === "object") {
      for (const property of object.node.properties) {
        if (
          property.type !== "ObjectMethod" || property.kind !== kind ||
          keyName(property.key, property.computed) !== name
        ) continue;
        const fn = object.frame.fn.module.functionOf.get(property);
        if (fn !== undefined) {
          found.push({
            value: store.fn(fn, object.frame, object),
            self: object,
          });
        }
      }
      continue;
    }
    const from = object.kind === "instance"
      ? object.of
      : object.kind === "class"
      ? object
      : null;
    if (from === null) continue;
    for (const cls of lineageOf(evaluator, from)) {
      const members = object.kind === "class"
        ? cls.cls.statics
        : cls.cls.members;
      const own = (members.get(name) ?? []).filter((one) =>
        one.kind === kind && one.fn !== undefined
      );
      for (const { fn } of own) {
        found.push({ value: store.fn(fn!, cls.frame, object), self: object });
      }
      if (own.length > 0) break;
    }
  }
  return found;
}

/** A class and what it extends, nearest first. */
export function lineageOf(evaluator: Evaluator, cls: ClassValue): ClassValue[] {
  const line = [cls];
  for (const one of line) {
    const { superClass } = one.cls;
    if (superClass === null) continue;
    for (const parent of evaluator.evaluate(superClass, one.frame)) {
      if (parent.kind === "class" && !line.includes(parent)) {
        line.push(parent);
      }
    }
  }
  return line;
}
