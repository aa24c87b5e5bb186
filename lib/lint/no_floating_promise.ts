import { calleeText } from "./_roles.ts";
import { apiId, givesPromise, isAsync } from "./_calls.ts";
import type { LintedFile } from "./_file.ts";
import type { Finding, LoopRule } from "./_rule.ts";
import { bare, type FunctionNode, type Node, walkOwn } from "./_syntax.ts";

/** Whether nothing that a function throws leaves it: all of it is in a `try`. */
function catchesAll(node: FunctionNode): boolean {
  const body = node.body as Node | null;
  if (body?.type !== "BlockStatement") return false;
  return body.body.every((statement) => {
    if (statement.type !== "TryStatement") {
      return statement.type === "FunctionDeclaration" ||
        !mayThrow(statement);
    }
    const { handler, finalizer } = statement;
    return handler !== null && !throws(handler.body) &&
      !(finalizer && throws(finalizer));
  });
}

function throws(node: Node): boolean {
  let found = false;
  walkOwn(node, (inner) => {
    if (inner.type === "ThrowStatement" || inner.type === "AwaitExpression") {
      found = true;
    }
  });
  return found;
}

function mayThrow(node: Node): boolean {
  let found = false;
  walkOwn(node, (inner) => {
    if (
      inner.type === "CallExpression" || inner.type === "AwaitExpression" ||
      inner.type === "ThrowStatement" || inner.type === "NewExpression"
    ) found = true;
  });
  return found;
}

function isPromise(file: LintedFile, call: Node): boolean {
  if (!givesPromise(file, call)) return false;
  if (call.type !== "CallExpression") return true;
  const value = file.values.of(call.callee);
  return value?.is !== "function" || !catchesAll(value.node);
}

/** The floating calls of an expression whose value is dropped. */
function* floatingIn(
  file: LintedFile,
  expression: Node,
): Generator<{ node: Node; what: string }> {
  const node = bare(expression);
  switch (node.type) {
    case "LogicalExpression":
      yield* floatingIn(file, node.right);
      return;
    case "ConditionalExpression":
      yield* floatingIn(file, node.consequent);
      yield* floatingIn(file, node.alternate);
      return;
    case "SequenceExpression":
      for (const one of node.expressions) yield* floatingIn(file, one);
      return;
    case "ImportExpression":
      yield { node, what: "import()" };
      return;
    case "NewExpression":
      if (apiId(file, node.callee) === "global.Promise") {
        yield { node, what: "new Promise()" };
      }
      return;
    case "CallExpression":
  }
  if (node.type !== "CallExpression") return;
  if (isPromise(file, node)) {
    yield { node: node.callee, what: calleeText(file, node) };
    return;
  }
  const callee = bare(node.callee);
  if (callee.type !== "MemberExpression") return;
  const method = file.values.memberName(callee);
  const given = node.arguments[0] as Node | undefined;
  if (method === "forEach" && given) {
    const value = file.values.of(given);
    if (value?.is === "function" && isAsync(value.node)) {
      if (!catchesAll(value.node)) {
        yield { node: node.callee, what: calleeText(file, node) };
      }
    }
    return;
  }
  const handled = method === "catch" || node.arguments.length > 1;
  if (
    (method === "then" || method === "finally") &&
    !(method === "then" && handled)
  ) yield* floatingIn(file, callee.object);
}

function* check(file: LintedFile): Generator<Finding> {
  for (const { expression } of file.nodesOf("ExpressionStatement")) {
    for (const { node, what } of floatingIn(file, expression)) {
      yield {
        node,
        message:
          `The promise of \`${what}\` is left floating: nobody waits for it or hears of its failure`,
        hint: what.endsWith("forEach")
          ? "Await the calls in a loop, or gather them with a limit and await " +
            "them all: forEach drops what its callback returns."
          : "Await it, return it, give it a `.catch(…)` that handles the " +
            "failure, or say with `void` that it may be lost.",
      };
    }
  }
}

/** Reports promises that nobody awaits, returns, handles or voids. */
export const noFloatingPromise: LoopRule = {
  summary: "A promise that is neither awaited, returned, voided nor caught, " +
    "as far as the file itself tells that it is one.",
  check,
};
