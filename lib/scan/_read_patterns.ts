import type * as t from "@babel/types";
import {
  type Binding,
  type BindingKind,
  keyName,
  type Scope,
  type Source,
  type Step,
} from "./_facts.ts";
import { functionScope, newScope, type Reader, typeRef } from "./_reader.ts";

/** Declares the names of a pattern, each with the way to its value. */
export function bindPattern(
  reader: Reader,
  pattern: t.Node,
  scope: Scope,
  kind: BindingKind,
  sources: readonly Source[],
  types: Binding["types"] = [],
): void {
  switch (pattern.type) {
    case "Identifier": {
      const type = typeRef(pattern.typeAnnotation, scope);
      const binding = reader.declare(scope, pattern.name, kind, pattern);
      binding.sources.push(...sources);
      binding.types.push(
        ...(type === null ? types : [{ type, path: [] }]),
      );
      return;
    }
    case "AssignmentPattern": {
      reader.visit(
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
      bindPattern(
        reader,
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
      eachPart(reader, pattern, scope, (part, step) => {
        bindPattern(
          reader,
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
      bindPattern(
        reader,
        pattern.argument,
        scope,
        kind,
        sources.map((source) => deeper(source, { take: "rest" })),
        types,
      );
      return;
  }
}

function eachPart(
  reader: Reader,
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
    if (property.computed) reader.visit(property.key, scope);
    use(property.value, {
      take: "property",
      name: keyName(property.key, property.computed === true),
    });
  }
}

export function visitVariables(
  reader: Reader,
  node: t.VariableDeclaration,
  scope: Scope,
): void {
  const target = node.kind === "var" ? functionScope(scope) : scope;
  for (const { id, init } of node.declarations) {
    const sources: Source[] = [];
    if (init) {
      reader.visit(
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
        reader.noteTyped(typeRef(id.typeAnnotation, scope), init, scope.fn);
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
    bindPattern(reader, id, target, "variable", sources);
  }
}

export function visitLoop(
  reader: Reader,
  node: t.ForInStatement | t.ForOfStatement,
  outer: Scope,
): void {
  const scope = newScope(outer, outer.fn);
  reader.visit(node.right, outer);
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
      bindPattern(reader, declaration.id, target, "variable", sources);
    }
  } else {
    assignPattern(reader, node.left, scope, sources);
  }
  if (isOf) {
    outer.fn.sites.push({
      kind: "iterate",
      node: node.right,
      from: node.right,
      async: node.await,
    });
  }
  reader.visit(node.body, scope);
}

export function visitAssignment(
  reader: Reader,
  node: t.AssignmentExpression,
  scope: Scope,
): void {
  const { left, right, operator } = node;
  const holds = operator === "=" || operator === "??=" ||
    operator === "||=" || operator === "&&=";
  const name = left.type === "Identifier"
    ? left.name
    : left.type === "MemberExpression"
    ? keyName(left.property, left.computed) ?? undefined
    : undefined;
  reader.visit(right, scope, name);
  assignPattern(
    reader,
    left,
    scope,
    holds ? [{ from: "expression", node: right, fn: scope.fn, path: [] }] : [],
  );
}

function assignPattern(
  reader: Reader,
  target: t.Node,
  scope: Scope,
  sources: readonly Source[],
): void {
  switch (target.type) {
    case "Identifier":
      for (const source of sources) {
        reader.writes.push({ name: target.name, scope, source });
      }
      reader.references.push({ node: target, name: target.name, scope });
      return;
    case "MemberExpression":
    case "OptionalMemberExpression": {
      reader.visit(target.object, scope);
      if (target.computed) reader.visit(target.property, scope);
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
      reader.visit(target.right, scope);
      assignPattern(reader, target.left, scope, sources);
      return;
    case "ObjectPattern":
    case "ArrayPattern":
      eachPart(
        reader,
        target,
        scope,
        (part, step) =>
          assignPattern(
            reader,
            part,
            scope,
            sources.map((source) => deeper(source, step)),
          ),
      );
      return;
    case "RestElement":
      assignPattern(reader, target.argument, scope, sources);
      return;
    default:
      reader.visit(target, scope);
  }
}

function deeper(source: Source, step: Step): Source {
  return { ...source, path: [...source.path, step] };
}
