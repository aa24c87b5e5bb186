import type * as t from "@babel/types";
import { type CallNode, keyName } from "./_facts.ts";
import type { Evaluator } from "./_evaluator.ts";
import { bare } from "./_syntax.ts";
import { type Frame, NONE, union, type Value } from "./_values.ts";

/** What a call calls, and with what. */
export interface CallFacts {
  readonly node: CallNode;
  readonly frame: Frame;
  readonly isNew: boolean;
  /** `super(...)`: the callees fill the object that is being made. */
  readonly isSuper: boolean;
  readonly callees: readonly Value[];
  /** What a method is called on. */
  readonly receivers: readonly Value[];
  /** Name of the method, when it is one. */
  readonly method: string | null;
  readonly argNodes: readonly t.Node[];
  args(): readonly (readonly Value[])[];
  /** What it gives, where the syntax alone says so: `require("node:fs")`. */
  readonly special: readonly Value[] | null;
}

function isMember(
  node: t.Node,
): node is t.MemberExpression | t.OptionalMemberExpression {
  return node.type === "MemberExpression" ||
    node.type === "OptionalMemberExpression";
}

/** `import.meta.url` */
function isOwnUrl(node: t.Node | undefined): boolean {
  return node !== undefined && isMember(node) &&
    node.object.type === "MetaProperty" &&
    keyName(node.property, node.computed) === "url";
}

function argumentNodes(node: CallNode): readonly t.Node[] {
  return node.type === "TaggedTemplateExpression"
    ? node.quasi.expressions
    : node.arguments;
}

function readArguments(
  node: CallNode,
  frame: Frame,
  evaluator: Evaluator,
): (readonly Value[])[] {
  const args: (readonly Value[])[] = node.type === "TaggedTemplateExpression"
    ? [NONE]
    : [];
  for (const argument of argumentNodes(node)) {
    if (argument.type !== "SpreadElement") {
      args.push(evaluator.evaluate(argument, frame));
      continue;
    }
    const spread = evaluator.evaluate(argument.argument, frame);
    const [only] = spread;
    if (
      spread.length === 1 && only?.kind === "collection" &&
      only.node.type === "ArrayExpression"
    ) {
      only.node.elements.forEach((_, index) =>
        args.push(evaluator.property(spread, String(index)))
      );
      continue;
    }
    // How many there are is not known: each may be any of them. A function
    // that a package was given may come back out of it in a list.
    const elements = union(
      evaluator.elements(spread),
      spread.filter(({ kind }) => kind === "function"),
    );
    if (elements.length > 0) args.push(elements, elements, elements);
  }
  return args;
}

function isCallable({ kind }: Value): boolean {
  return kind === "function" || kind === "class" || kind === "api" ||
    kind === "package" || kind === "function_type";
}

/** A call of which nothing is known yet. */
export function nothingCalled(node: CallNode, frame: Frame): CallFacts {
  return {
    node,
    frame,
    isNew: node.type === "NewExpression",
    isSuper: false,
    callees: NONE,
    receivers: NONE,
    method: null,
    argNodes: argumentNodes(node),
    args: () => [],
    special: null,
  };
}

/** Reads a call in a frame. */
export function readCall(
  node: CallNode,
  frame: Frame,
  evaluator: Evaluator,
): CallFacts {
  const isNew = node.type === "NewExpression";
  let callee = node.type === "TaggedTemplateExpression"
    ? node.tag
    : node.callee;
  callee = bare(callee) as typeof callee;
  let callees: readonly Value[] = NONE;
  let receivers: readonly Value[] = NONE;
  let method: string | null = null;
  let isSuper = false;
  if (callee.type === "Super") {
    isSuper = true;
    callees = evaluator.supers(frame).map(({ parent }) => parent);
  } else {
    callees = evaluator.evaluate(callee, frame);
    if (isMember(callee)) {
      method = keyName(callee.property, callee.computed);
      if (callee.object.type !== "Super") {
        receivers = evaluator.evaluate(callee.object, frame);
      }
    }
  }
  let shift = (all: readonly (readonly Value[])[]) => all;
  let special: readonly Value[] | null = null;

  const functions = receivers.filter(isCallable);
  const isReflect = callees.some((one) =>
    one.kind === "api" && one.module === "global" &&
    one.path === "Reflect.apply"
  );
  if (isReflect) {
    callees = (readArguments(node, frame, evaluator)[0] ?? NONE).filter(
      isCallable,
    );
    shift = (all) => spreadArgument(all[2] ?? NONE, evaluator);
  } else if (
    (method === "call" || method === "apply" || method === "bind") &&
    functions.length > 0
  ) {
    if (method === "bind") special = functions;
    else {
      callees = functions;
      shift = method === "call"
        ? (all) => all.slice(1)
        : (all) => spreadArgument(all[1] ?? NONE, evaluator);
    }
  }
  const facts: CallFacts = {
    node,
    frame,
    isNew,
    isSuper,
    callees,
    receivers,
    method,
    argNodes: argumentNodes(node),
    args: () =>
      evaluator.argumentsOf(
        node,
        frame,
        () => shift(readArguments(node, frame, evaluator)),
      ),
    special,
  };
  return special === null
    ? { ...facts, special: specialResult(facts, evaluator) }
    : facts;
}

function spreadArgument(
  values: readonly Value[],
  evaluator: Evaluator,
): readonly (readonly Value[])[] {
  const elements = evaluator.elements(values);
  return [elements, elements, elements];
}

function firstText(call: CallFacts): string | null {
  const [given] = call.args();
  const [only] = given ?? NONE;
  return given?.length === 1 && only?.kind === "text" ? only.text : null;
}

/** `require("x")`, `new URL("./x.ts", import.meta.url)` and the like. */
function specialResult(
  call: CallFacts,
  evaluator: Evaluator,
): readonly Value[] | null {
  const { frame: { fn: { module } }, isNew, argNodes } = call;
  for (const callee of call.callees) {
    if (callee.kind !== "api") continue;
    const name = `${callee.module} ${callee.path}`;
    if (isNew) {
      if (name !== "global URL" || !isOwnUrl(argNodes[1])) continue;
      const text = firstText(call);
      return text === null ? NONE : [evaluator.store.url(module, text)];
    }
    if (name === "global import.meta.resolve") {
      const text = firstText(call);
      return text === null ? NONE : [evaluator.store.url(module, text)];
    }
    if (
      name === "node:module Module.prototype.require" ||
      name === "node:process getBuiltinModule"
    ) {
      const text = firstText(call);
      return text === null
        ? NONE
        : evaluator.exports.imported(text, "*", module);
    }
  }
  return null;
}
