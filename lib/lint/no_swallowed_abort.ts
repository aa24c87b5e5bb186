import { namesIn } from "./_calls.ts";
import type { LintedFile } from "./_file.ts";
import type { Finding, LoopRule } from "./_rule.ts";
import { takesSignal } from "./_signals.ts";
import {
  ancestorsOf,
  bare,
  functionOf,
  isFunction,
  isLoop,
  isWithin,
  type Node,
  type NodeOf,
  userOf,
  walk,
  walkOwn,
} from "./_syntax.ts";

const ABORT = /abort|cancel|signal/i;
const CHECK = /^(?:aborted|throwIfAborted)$/;
const LOGS = /^(?:console|log|logger|debug|info|warn|error|trace)$/i;
const ENDS_PROCESS = /^(?:exit|abort)$/;

/** Whether a name in the code is about aborting. */
function mentions(node: Node, pattern: RegExp): boolean {
  let found = false;
  walk(node, (inner) => {
    if (inner.type === "Identifier" && pattern.test(inner.name)) found = true;
    if (
      inner.type === "Literal" && typeof inner.value === "string" &&
      pattern.test(inner.value)
    ) found = true;
    return !found;
  });
  return found;
}

function isLogged(id: Node, within: Node): boolean {
  for (const above of ancestorsOf(id)) {
    if (above === within) return false;
    if (above.type !== "CallExpression") continue;
    const names = namesIn(above.callee);
    if (names.length > 0 && LOGS.test(names[0]!) && LOGS.test(names.at(-1)!)) {
      return true;
    }
  }
  return false;
}

/** Whether the error leads to anything but a line in a log. */
function isUsed(
  file: LintedFile,
  param: Node | undefined,
  body: Node,
): boolean {
  if (param === undefined) return false;
  if (param.type !== "Identifier") return true;
  return file.scopes.references.some(({ id, binding }) =>
    binding?.id === param && isWithin(id, body) && !isLogged(id, body)
  );
}

function swallows(
  file: LintedFile,
  param: Node | undefined,
  body: Node,
): boolean {
  if (mentions(body, ABORT) || isUsed(file, param, body)) return false;
  let passes = false;
  walk(body, (inner) => {
    if (inner.type === "ThrowStatement") passes = true;
    if (inner.type === "CallExpression") {
      const last = namesIn(inner.callee).at(-1) ?? "";
      if (ENDS_PROCESS.test(last)) passes = true;
    }
  });
  return !passes;
}

/** Whether the signal is looked at afterwards, or at each turn of a loop around. */
function isCheckedElsewhere(at: Node, inside: Node): boolean {
  const home = functionOf(at);
  let found = false;
  if (home?.body) {
    walkOwn(home.body, (inner) => {
      if (
        inner.type === "Identifier" && CHECK.test(inner.name) &&
        inner.range[0] >= at.range[1]
      ) found = true;
    });
  }
  for (const above of ancestorsOf(at)) {
    if (found || isFunction(above)) break;
    if (!isLoop(above)) continue;
    walkOwn(above, (inner) => {
      if (inner === inside) return false;
      if (inner.type === "Identifier" && CHECK.test(inner.name)) found = true;
    });
  }
  return found;
}

function awaitedWithSignal(
  file: LintedFile,
  block: Node,
): NodeOf<"CallExpression"> | null {
  let found: NodeOf<"CallExpression"> | null = null;
  walkOwn(block, (node) => {
    // What an inner `catch` swallows is its own affair.
    if (node.type === "TryStatement" && node.handler) return false;
    const awaited = node.type === "AwaitExpression"
      ? node.argument
      : node.type === "ForOfStatement" && node.await
      ? node.right
      : null;
    if (awaited === null || found !== null) return;
    walkOwn(awaited, (inner) => {
      if (inner.type === "CallExpression" && takesSignal(file, inner)) {
        found ??= inner;
      }
    });
  });
  return found;
}

const HINT = "Let an abort through: `signal.throwIfAborted()` first thing in " +
  "the catch, or catch only the error you expect and throw the others on.";

function* check(file: LintedFile): Generator<Finding> {
  if (file.isTest) return;
  for (const node of file.nodesOf("TryStatement")) {
    const { block, handler } = node;
    if (!handler || !handler.body) continue;
    const call = awaitedWithSignal(file, block);
    if (call === null) continue;
    if (
      !swallows(
        file,
        handler.param as Node | undefined ?? undefined,
        handler.body,
      )
    ) {
      continue;
    }
    if (isCheckedElsewhere(node, block)) continue;
    yield {
      node: call.callee,
      message: `An abort of this call is swallowed by the \`catch\` at line ${
        file.lineOf(handler)
      }: whoever aborted goes on waiting for work that goes on`,
      hint: HINT,
    };
  }
  for (const call of file.nodesOf("CallExpression")) {
    const callee = bare(call.callee);
    if (
      callee.type !== "MemberExpression" ||
      file.values.memberName(callee) !== "catch"
    ) continue;
    const handler = bare(call.arguments[0] as Node ?? call);
    const isEmpty = isFunction(handler) && handler.body
      ? swallows(file, handler.params?.[0] as Node | undefined, handler.body)
      : handler.type === "Identifier" && handler.name === "noop";
    if (!isEmpty || isCheckedElsewhere(userOf(call) ?? call, call)) continue;
    let taken: Node | null = null;
    walkOwn(callee.object, (inner) => {
      if (inner.type === "CallExpression" && takesSignal(file, inner)) {
        taken ??= inner.callee;
      }
    });
    if (taken === null) continue;
    yield {
      node: taken,
      message: "An abort of this call is swallowed by its `.catch`: whoever " +
        "aborted goes on waiting for work that goes on",
      hint: HINT,
    };
  }
}

/** Reports catches that make an abort look like success. */
export const noSwallowedAbort: LoopRule = {
  summary: "A `catch` that swallows everything around an awaited call that " +
    "was given somebody else's signal.",
  check,
};
