/**
 * What a type annotation tells of a value.
 *
 * @module
 */
import { joined } from "./_modules.ts";
import type { Binding, Scopes } from "./_scopes.ts";
import type { Node } from "./_syntax.ts";
import type { Value } from "./_value.ts";

/** Reads type annotations. */
export interface Types {
  /** The value that has a type; null when it is no class that is known. */
  of(type: Node | null | undefined): Value | null;
}

/** What `new` makes of a class. */
export function instanceOf(value: Value | null): Value | null {
  if (value?.is === "class") return { is: "own", node: value.node };
  if (value?.is !== "api" || value.name === "") return null;
  return { is: "instance", module: value.module, name: value.name };
}

/** Makes the reader of a file's types. */
export function createTypes(
  scopes: Scopes,
  ofBinding: (binding: Binding) => Value | null,
): Types {
  const of = (type: Node | null | undefined): Value | null => {
    if (!type) return null;
    if (type.type === "TSTypeAnnotation") return of(type.typeAnnotation);
    if (type.type === "TSUnionType") {
      for (const one of type.types) {
        const value = of(one);
        if (value !== null) return value;
      }
      return null;
    }
    if (type.type !== "TSTypeReference") return null;
    const name = type.typeName as Node;
    if (
      name.type === "Identifier" &&
      /^(?:Promise|Awaited|Readonly)$/.test(name.name)
    ) {
      return of(type.typeArguments?.params[0]);
    }
    return instanceOf(ofTypeName(name));
  };
  const ofTypeName = (name: Node): Value | null => {
    if (name.type === "TSQualifiedName") {
      const left = ofTypeName(name.left as Node);
      const right = name.right;
      if (left?.is !== "api" || right.type !== "Identifier") return null;
      return joined(left.module, left.name, right.name);
    }
    if (name.type !== "Identifier") return null;
    const binding = scopes.lookUp(name.name, name);
    if (binding === null) return joined("global", "", name.name);
    return binding.kind === "import" || binding.kind === "class"
      ? ofBinding(binding)
      : null;
  };
  return { of };
}
