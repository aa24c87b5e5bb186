import {
  awaitedCalls,
  doesIo,
  isLimiter,
  isLock,
  namesIn,
  wordsOf,
} from "./_calls.ts";
import { carriedBy, endsEarly, testsIn } from "./_carried.ts";
import { isWrittenOut } from "./_collections.ts";
import { contextsOf } from "./_contexts.ts";
import type { LintedFile } from "./_file.ts";
import type { Finding, LoopRule } from "./_rule.ts";
import {
  ancestorsOf,
  bare,
  functionOf,
  isFunction,
  isLoop,
  isWithin,
  type LoopNode,
  type Node,
  type NodeOf,
  userOf,
  walk,
  walkOwn,
} from "./_syntax.ts";

/** A list of so many, written out, is no line. */
const A_FEW = 3;
const PAUSE =
  /^(?:sleep|delay|wait|pause|backoff|timeout|interval|throttle|rate|tick|nap|settle|rest)$/i;
const SINGLE =
  /^(?:tx|trx|transaction|conn|connection|session|cursor|statement|stmt|savepoint)$/i;
const WRITES_ON =
  /^(?:write|writeAll|writeSync|flush|enqueue|append|send|pipeTo|emit|submit|publish|apply|commit|migrate)$/;
const PART =
  /^(?:batch|batches|chunk|chunks|page|pages|slice|slices|part|parts|block|blocks|attempt|attempts|retry|retries|try|tries|round|step|steps|migration|migrations|sql|statement|statements|command|commands|ddl)$/i;

function hasWord(names: readonly string[], pattern: RegExp): boolean {
  return names.some((name) => wordsOf(name).some((word) => pattern.test(word)));
}

/** A pause between turns, a limiter, or output in order: the line is meant. */
function isPaced(loop: LoopNode): boolean {
  let found = false;
  walkOwn(loop.body ?? loop, (node) => {
    if (node.type !== "AwaitExpression") return;
    const value = bare(node.argument);
    if (value.type === "NewExpression") found = true;
    if (value.type !== "CallExpression") return;
    const names = namesIn(value.callee);
    if (hasWord(names, PAUSE) || isLimiter(value.callee)) found = true;
    if (names.length > 1 && WRITES_ON.test(names.at(-1)!)) found = true;
  });
  return found;
}

/** Whether all calls go through one connection or one lock anyway. */
function isSerial(file: LintedFile, call: NodeOf<"CallExpression">): boolean {
  const names = namesIn(call.callee);
  for (const argument of call.arguments as Node[]) {
    names.push(...namesIn(argument));
  }
  if (hasWord(names, SINGLE)) return true;
  for (const above of ancestorsOf(call)) {
    if (!isFunction(above)) continue;
    const user = userOf(above);
    if (user?.type === "CallExpression" && bare(user.callee) !== above) {
      if (isLock(user.callee)) return true;
      if (hasWord(namesIn(user.callee), SINGLE)) return true;
    }
  }
  const home = functionOf(call);
  return home !== null &&
    /\b(?:BEGIN|COMMIT)\b/.test(file.text.slice(...home.range));
}

/** `for (let i = 0; i < n; i++)`, not by tens: those are slices. */
function isCounted(loop: LoopNode): boolean {
  if (loop.type === "ForOfStatement") return !loop.await;
  if (loop.type === "ForInStatement") return true;
  if (loop.type !== "ForStatement" || !loop.update || !loop.test) return false;
  return loop.update.type === "UpdateExpression" &&
    loop.test.type === "BinaryExpression";
}

/** An iterator made outside the function: several workers share it. */
function isShared(file: LintedFile, loop: LoopNode): boolean {
  if (loop.type !== "ForOfStatement") return false;
  const source = bare(loop.right);
  if (source.type !== "Identifier") return false;
  const binding = file.scopes.reference(source)?.binding;
  const home = functionOf(loop);
  if (!binding || home === null || isWithin(binding.id, home)) return false;
  return binding.values.some(({ expression }) => {
    const value = bare(expression);
    if (value.type !== "CallExpression") return false;
    const last = namesIn(value.callee).at(-1) ?? "";
    return /^(?:entries|values|keys|iterator|from)$/.test(last);
  });
}

function goesByParts(file: LintedFile, loop: LoopNode): boolean {
  const heads: Node[] = [];
  if (loop.type === "ForOfStatement" || loop.type === "ForInStatement") {
    heads.push(loop.left, loop.right);
  } else if (loop.type === "ForStatement" && loop.init) {
    heads.push(loop.init as Node);
  }
  let found = false;
  for (const head of heads) {
    walk(head, (node) => {
      if (node.type === "Identifier" && hasWord([node.name], PART)) {
        found = true;
      }
    });
  }
  if (loop.type === "ForOfStatement") {
    if (isWrittenOut(file, loop.right, A_FEW)) found = true;
  }
  return found;
}

function firstInLine(
  file: LintedFile,
  loop: LoopNode,
): NodeOf<"CallExpression"> | null {
  if (!isCounted(loop) || !loop.body || goesByParts(file, loop)) return null;
  const calls = awaitedCalls(loop.body).filter(({ at, call, isUsed }) => {
    for (const above of ancestorsOf(at)) {
      if (isLoop(above)) return above === loop && doesIo(file, call, isUsed);
    }
    return false;
  });
  if (calls.length === 0 || endsEarly(loop) || isPaced(loop)) return null;
  if (isShared(file, loop)) return null;
  const carried = carriedBy(file, loop);
  if ([...testsIn(loop)].some((test) => carried.reads(test))) return null;
  if (loop.type === "ForOfStatement" && carried.reads(loop.right)) return null;
  for (const { call } of calls) {
    // One call that depends on the turn before makes the others wait as well.
    if (carried.reads(call)) return null;
  }
  const first = calls.find(({ call }) =>
    asksForItem(file, call, carried.items) && !isSerial(file, call)
  );
  return first?.call ?? null;
}

/** Whether what is asked for differs from turn to turn: for files, the path. */
function asksForItem(
  file: LintedFile,
  call: NodeOf<"CallExpression">,
  items: ReadonlySet<unknown>,
): boolean {
  const value = file.values.of(call.callee);
  const isFile = value?.is === "api" && /^(?:Deno|node:fs)/.test(value.module);
  const parts = isFile
    ? [call.arguments[0] as Node | undefined]
    : [call.callee, ...call.arguments as Node[]];
  return parts.some((part) => {
    let found = false;
    if (part) {
      walk(part, (node) => {
        const binding = file.scopes.reference(node)?.binding;
        if (binding && items.has(binding)) found = true;
      });
    }
    return found;
  });
}

function* check(file: LintedFile): Generator<Finding> {
  // The requests of a test wait for each other on purpose.
  if (file.isTest) return;
  const contexts = contextsOf(file);
  const loops: LoopNode[] = [
    ...file.nodesOf("ForOfStatement"),
    ...file.nodesOf("ForInStatement"),
    ...file.nodesOf("ForStatement"),
  ];
  for (const loop of loops) {
    if (contexts.of(loop) === null) continue;
    const call = firstInLine(file, loop);
    if (call === null) continue;
    yield {
      node: call.callee,
      message: `\`${
        file.text.slice(...call.callee.range).replaceAll(/\s+/g, "")
      }\` is awaited turn by turn: each waits for the one before, and needs nothing of it`,
      hint: "Ask for all at once (one query, one request), or start a few at " +
        "a time through a limiter and await them together.",
    };
  }
}

/** Reports loops that await I/O for one item at a time without need. */
export const noWaitingInLine: LoopRule = {
  summary: "A loop that awaits I/O for one item after the other although no " +
    "turn needs what the turn before brought.",
  check,
};
