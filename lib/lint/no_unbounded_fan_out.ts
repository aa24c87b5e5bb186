import { apiId, isLimiter, namesIn } from "./_calls.ts";
import { isBounded } from "./_collections.ts";
import type { LintedFile } from "./_file.ts";
import type { Finding, LoopRule } from "./_rule.ts";
import {
  ancestorsOf,
  bare,
  isFunction,
  isLoop,
  type Node,
  userOf,
  walk,
} from "./_syntax.ts";

const ALL = /^global\.Promise\.(?:all|allSettled|any|race)$/;
/** Ending what is already open starts nothing. */
const ENDS =
  /^(?:close|dispose|asyncDispose|terminate|stop|end|destroy|shutdown|kill|cancel|abort|release|disconnect|unlock|unsubscribe|join|drain|return)(?![a-z])/;
const FOLLOWS = /^(?:then|catch|finally)$/;

interface FanOut {
  collection: Node;
  mapper: Node;
}

/** Whether a mapper only looks at what was started elsewhere, or ends it. */
function startsNothing(mapper: Node): boolean {
  const node = bare(mapper);
  if (!isFunction(node)) return false;
  const parameter = node.params?.[0] as Node | undefined;
  const item = parameter?.type === "Identifier" ? parameter.name : null;
  let starts = false;
  walk(node.body ?? node, (inner) => {
    if (inner.type === "NewExpression") starts = true;
    if (inner.type !== "CallExpression") return;
    const callee = bare(inner.callee);
    const names = namesIn(callee);
    const last = names.at(-1) ?? "";
    const ofItem = item !== null &&
      (names[0] === item ||
        inner.arguments.some((one) => namesIn(one as Node)[0] === item));
    const follows = names.join(".") === "Promise.resolve" ||
      (callee.type === "MemberExpression" && FOLLOWS.test(last));
    if (!(ofItem && ENDS.test(last)) && !follows) starts = true;
  });
  // An async function without a call awaits what is there.
  return !starts;
}

function isLimited(file: LintedFile, mapper: Node): boolean {
  const node = bare(mapper);
  if (!isFunction(node)) {
    if (isLimiter(node)) return true;
    const value = file.values.of(node);
    return value?.is === "function" && isLimited(file, value.node);
  }
  let limited = false;
  walk(node.body ?? node, (inner) => {
    if (inner.type === "CallExpression" && isLimiter(inner.callee)) {
      limited = true;
    }
    return !limited;
  });
  return limited;
}

function ofExpression(file: LintedFile, expression: Node): FanOut[] {
  const node = bare(expression);
  if (node.type === "ArrayExpression") {
    return node.elements.flatMap((element) =>
      (element as Node).type === "SpreadElement"
        ? ofExpression(
          file,
          (element as unknown as { argument: Node }).argument,
        )
        : []
    );
  }
  if (node.type === "Identifier") {
    const binding = file.scopes.reference(node)?.binding;
    if (binding?.kind !== "variable" || binding.values.length !== 1) return [];
    const { expression: value, path } = binding.values[0]!;
    if (path.length > 0) return [];
    if (bare(value).type !== "ArrayExpression") {
      return ofExpression(file, value);
    }
    return binding.references.flatMap(({ id }) => pushedInLoop(file, id));
  }
  if (node.type !== "CallExpression") return [];
  const callee = bare(node.callee);
  const first = node.arguments[0] as Node | undefined;
  if (apiId(file, callee) === "global.Array.from") {
    const mapper = node.arguments[1] as Node | undefined;
    if (!first || !mapper) return [];
    return [{ collection: node, mapper }];
  }
  if (callee.type !== "MemberExpression" || !first) return [];
  const method = file.values.memberName(callee);
  if (method === "map" || method === "flatMap") {
    return [{ collection: callee.object, mapper: first }];
  }
  return method === "concat" || method === "filter"
    ? ofExpression(file, callee.object)
    : [];
}

/** `for (const x of xs) promises.push(load(x))`. */
function pushedInLoop(file: LintedFile, id: Node): FanOut[] {
  const member = userOf(id);
  if (member?.type !== "MemberExpression") return [];
  if (file.values.memberName(member) !== "push") return [];
  const call = userOf(member);
  const pushed = call?.type === "CallExpression"
    ? bare(call.arguments[0] as Node ?? call)
    : null;
  if (pushed?.type !== "CallExpression" || pushed === call) return [];
  for (const above of ancestorsOf(id)) {
    if (isFunction(above)) return [];
    if (!isLoop(above)) continue;
    if (above.type !== "ForOfStatement" || above.await) return [];
    return isLimiter(pushed.callee)
      ? []
      : [{ collection: above.right, mapper: pushed.callee }];
  }
  return [];
}

function* check(file: LintedFile): Generator<Finding> {
  // How many there are, a test says itself.
  if (file.isTest) return;
  for (const call of file.nodesOf("CallExpression")) {
    const id = apiId(file, call.callee);
    const first = call.arguments[0] as Node | undefined;
    if (id === null || !ALL.test(id) || !first) continue;
    for (const { collection, mapper } of ofExpression(file, first)) {
      if (isBounded(file, collection) || isLimited(file, mapper)) continue;
      if (startsNothing(mapper)) continue;
      yield {
        node: call.callee,
        message: `\`${
          id.replace("global.", "")
        }\` starts work for every element of \`${
          short(file, collection)
        }\` at once, however many there are`,
        hint: "Pass the work through a limiter (p-limit, a semaphore, a " +
          "pool), or go through the elements in slices of a fixed size.",
      };
    }
  }
}

function short(file: LintedFile, node: Node): string {
  const text = file.text.slice(...node.range).replaceAll(/\s+/g, " ");
  return text.length <= 40 ? text : `${text.slice(0, 39)}…`;
}

/** Reports `Promise.all` and its like over a mapped collection of any size. */
export const noUnboundedFanOut: LoopRule = {
  summary: "`Promise.all` and its like over a mapped collection whose size " +
    "does not follow from the code.",
  check,
};
