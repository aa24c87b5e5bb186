import type * as t from "@babel/types";
import {
  type CallNode,
  type FnInfo,
  keyName,
  type Scope,
  type Source,
} from "./_facts.ts";
import {
  declareTypeParameters,
  type FunctionHints,
  type FunctionNode,
  newScope,
  type Reader,
} from "./_reader.ts";
import { bindPattern } from "./_read_patterns.ts";

export function visitFunction(
  reader: Reader,
  node: FunctionNode,
  outer: Scope,
  hints: FunctionHints,
): FnInfo {
  const fn = reader.newFunction(node, outer, hints);
  reader.module.functionOf.set(node, fn);
  const scope = newScope(outer, fn, true);
  if (node.type === "FunctionExpression" && node.id) {
    reader.declare(scope, node.id.name, "function", node);
  }
  declareTypeParameters(node, (name, parameter) => {
    reader.declare(scope, name, "type_parameter", parameter);
  });
  node.params.forEach((param, index) =>
    visitParameter(reader, param, index, scope)
  );
  if (node.body.type === "BlockStatement") {
    // The body shares the scope of the parameters, near enough.
    reader.visitAll(node.body.body, scope);
  } else {
    fn.returns.push(node.body);
    reader.visit(node.body, scope);
    reader.noteTyped(fn.returnType, node.body, fn);
  }
  return fn;
}

function visitParameter(
  reader: Reader,
  param: t.Node,
  index: number,
  scope: Scope,
): void {
  const { fn } = scope;
  let pattern = param;
  if (pattern.type === "TSParameterProperty") {
    reader.visitAll(pattern.decorators ?? [], scope);
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
  bindPattern(reader, pattern, scope, "parameter", [source]);
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

export function visitCall(reader: Reader, node: CallNode, scope: Scope): void {
  if (node.type === "TaggedTemplateExpression") {
    visitCallee(reader, node.tag, scope);
    reader.visitAll(node.quasi.expressions, scope);
  } else {
    visitCallee(reader, node.callee, scope);
    reader.visitAll(node.arguments, scope);
  }
  scope.fn.sites.push({ kind: "call", node });
}

/** The callee of a call: what is called is read at the call itself. */
function visitCallee(
  reader: Reader,
  callee: t.Node,
  scope: Scope,
): void {
  if (
    callee.type === "MemberExpression" ||
    callee.type === "OptionalMemberExpression"
  ) {
    reader.visit(callee.object, scope);
    if (callee.computed) reader.visit(callee.property, scope);
  } else if (callee.type !== "Super" && callee.type !== "Import") {
    reader.visit(callee, scope);
  }
}

export function visitObject(
  reader: Reader,
  node: t.ObjectExpression,
  scope: Scope,
): void {
  for (const property of node.properties) {
    if (property.type === "SpreadElement") {
      reader.visit(property.argument, scope);
      continue;
    }
    const name = keyName(property.key, property.computed === true) ??
      "<computed>";
    if (property.computed) reader.visit(property.key, scope);
    if (property.type === "ObjectMethod") {
      visitFunction(reader, property, scope, { name, owner: node });
    } else if (property.value.type === "FunctionExpression") {
      visitFunction(reader, property.value, scope, {
        name: property.value.id?.name ?? name,
        owner: node,
      });
    } else {
      reader.visit(property.value, scope, name);
    }
  }
}

export function visitJsx(
  reader: Reader,
  node: t.JSXElement,
  scope: Scope,
): void {
  const { name, attributes } = node.openingElement;
  if (name.type !== "JSXIdentifier" || /^[A-Z]/.test(name.name)) {
    if (name.type === "JSXIdentifier") reader.visit(name, scope);
    scope.fn.sites.push({ kind: "jsx", node, component: name });
  }
  reader.visitAll(attributes, scope);
  reader.visitAll(node.children, scope);
}
