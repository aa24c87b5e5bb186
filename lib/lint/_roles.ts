/**
 * What calls do with the functions they are given.
 *
 * @module
 */
import type { LintedFile } from "./_file.ts";
import { bare, isFunction, type Node, type NodeOf } from "./_syntax.ts";

const ROUTE = /^(?:get|post|put|delete|patch|all|head|options|openapi)$/;
const HOOK = /^(?:use|on|once|addListener|addEventListener|notFound|onError)$/;
const TIMER =
  /^(?:setTimeout|setInterval|setImmediate|queueMicrotask|requestAnimationFrame|requestIdleCallback)$/;
const SERVER = /^(?:serve|createServer|createSecureServer|upgradeWebSocket)$/;
const STREAM =
  /^(?:ReadableStream|WritableStream|TransformStream|Readable|Writable|Transform|Duplex)$/;
const STREAM_CALLBACK =
  /^(?:start|pull|cancel|write|close|abort|transform|flush|read|writev|final|destroy|construct)$/;
const CONTINUATION = /^(?:then|catch|finally)$/;
const TEST =
  /^(?:test|it|describe|suite|bench|step|beforeEach|afterEach|before|after|beforeAll|afterAll|only|skip|ignore|todo|sanitizer)$/;
/** Ending: nothing is served any more, and what is not done at once is not done. */
const LAST_EVENT =
  /^(?:unload|beforeunload|exit|beforeExit|uncaughtException|unhandledRejection|unhandledrejection)$/;
/** What makes its function run in a thread. */
const THREAD = /^(?:defineTask|serveTasks|isolate|runInWorker|worker)$/;
const PATH = /^(?:\/|\*)/;

/** Last name of a callee: `app.get` → `get`. */
export function calleeName(file: LintedFile, call: Node): string | null {
  if (call.type !== "CallExpression" && call.type !== "NewExpression") {
    return null;
  }
  const callee = bare(call.callee);
  if (callee.type === "Identifier") return callee.name;
  return callee.type === "MemberExpression"
    ? file.values.memberName(callee)
    : null;
}

/** A callee as it is written, in short: `app.get("/slow")`. */
export function calleeText(file: LintedFile, call: Node): string {
  if (call.type !== "CallExpression" && call.type !== "NewExpression") {
    return "";
  }
  if (isFunction(bare(call.callee))) return "(anonymous)";
  const text = file.text.slice(...call.callee.range).replaceAll(/\s+/g, "");
  const name = text.length <= 40 ? text : `…${text.slice(-39)}`;
  const path = file.values.text(call.arguments?.[0] as Node | undefined);
  return path !== null && /^[\/*]\S{0,60}$/.test(path)
    ? `${name}("${path}")`
    : name;
}

/** Whether messages to a worker arrive at an object. */
export function isMessagePort(node: Node): boolean {
  const at = bare(node);
  return at.type === "Identifier" &&
    /^(?:self|globalThis|parentPort)$/.test(at.name);
}

/**
 * What a call does with a function that it is given: a handler it calls while
 * the loop serves, a continuation when a promise has settled, and what is off
 * runs in a test or a thread.
 *
 * @param key The property of the options object that holds the function.
 * @returns Null when it just calls it.
 */
export function roleInCall(
  file: LintedFile,
  call: NodeOf<"CallExpression"> | NodeOf<"NewExpression">,
  key: string | null,
): "handler" | "continuation" | "off" | null {
  const name = calleeName(file, call);
  if (name === null) return null;
  const callee = bare(call.callee);
  const owner = callee.type === "MemberExpression" ? bare(callee.object) : null;
  if (THREAD.test(name)) return "off";
  if (STREAM.test(name)) {
    return key !== null && STREAM_CALLBACK.test(key) ? "handler" : null;
  }
  if (TEST.test(name)) {
    const isTest = owner === null ||
      /^(?:Deno|test|it|describe|t|suite|bench|context|ctx)$/.test(
        file.text.slice(...owner.range).split(/[.(]/)[0]!,
      );
    if (isTest) return "off";
  }
  const first = call.arguments[0] as Node | undefined;
  const text = file.values.text(first);
  if (name === "addEventListener" || name === "on" || name === "once") {
    if (text !== null && LAST_EVENT.test(text)) return null;
    const port = owner === null || isMessagePort(owner);
    if (port && text === "message") return "off";
    return owner === null && name !== "addEventListener" ? null : "handler";
  }
  if (TIMER.test(name) || name === "nextTick" || name === "cron") {
    return "handler";
  }
  if (SERVER.test(name)) {
    return key === null || /^(?:handler|fetch|on[A-Z]\w*)$/.test(key)
      ? "handler"
      : null;
  }
  if (owner === null) return null;
  if (CONTINUATION.test(name)) return "continuation";
  if (HOOK.test(name)) return "handler";
  if (!ROUTE.test(name)) return null;
  if (name === "openapi") return "handler";
  if (text !== null) return PATH.test(text) ? "handler" : null;
  const receiver = file.values.of(owner);
  return receiver?.is === "instance" &&
      /^(?:Hono|OpenAPIHono|Router|Application|App)$/.test(receiver.name)
    ? "handler"
    : null;
}
