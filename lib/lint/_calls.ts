/**
 * What calls do, told by what they call and, where the file does not tell, by
 * its name.
 *
 * @module
 */
import { blockingApis } from "@loophound/toolkit/blocking_apis";
import type { LintedFile } from "./_file.ts";
import {
  bare,
  type FunctionNode,
  type Node,
  type NodeOf,
  userOf,
  walkOwn,
} from "./_syntax.ts";

/** Words that name something which lets only so many in at a time. */
const LIMITER =
  /^(?:limit|limits|limiter|limited|plimit|throttle|throttled|semaphore|semaphores|sem|mutex|lock|locks|locked|queue|pool|pools|lane|lanes|gate|slot|slots|bulkhead|concurrency|concurrently|permit|permits|acquire|schedule|scheduler|enqueue|bottleneck|exclusive|serial|serially|batcher)$/i;
const LOCK =
  /^(?:lock|locks|locked|mutex|semaphore|sem|exclusive|serial|serially|serialize|serialized|synchronized|critical|turns?)$/i;

/** The words of a name: `withFileLock` → `with`, `File`, `Lock`. */
export function wordsOf(name: string): string[] {
  return name.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
}

/** The names along a callee: `this.pool.run` → `pool`, `run`. */
export function namesIn(callee: Node): string[] {
  const at = bare(callee);
  switch (at.type) {
    case "Identifier":
    case "PrivateIdentifier":
      return [at.name];
    case "MemberExpression":
      return [...namesIn(at.object), ...namesIn(at.property as Node)];
    case "CallExpression":
    case "NewExpression":
      return namesIn(at.callee);
    case "AwaitExpression":
      return namesIn(at.argument);
    default:
      return [];
  }
}

/** Whether a callee lets only so many in at a time, by its names. */
export function isLimiter(callee: Node): boolean {
  return namesIn(callee).some((name) =>
    wordsOf(name).some((word) => LIMITER.test(word))
  );
}

/** Whether a callee lets in one at a time, by its names. */
export function isLock(callee: Node): boolean {
  return namesIn(callee).some((name) =>
    wordsOf(name).some((word) => LOCK.test(word))
  );
}

const PROMISE_MODULE = /^node:(?:fs|dns|timers|stream|readline)\/promises$/;
const IO_MODULE = /^node:(?:fs|dns)\/promises$/;
const NO_PROMISE =
  /^(?:constants|watch|glob|createInterface|Interface|Resolver|Readline|setInterval|scheduler|getServers|setServers|getDefaultResultOrder|setDefaultResultOrder)\b/;
const GIVES_PROMISE = new Set([
  "Deno.connect",
  "Deno.connectTls",
  "Deno.startTls",
  "Deno.resolveDns",
  "Deno.spawnAndWait",
  "Deno.Command.prototype.output",
  "global.fetch",
  "global.Promise.all",
  "global.Promise.allSettled",
  "global.Promise.any",
  "global.Promise.race",
  "global.Promise.reject",
  "global.Promise.try",
  "global.Array.fromAsync",
  "global.navigator.locks.request",
  "global.WebAssembly.compile",
  "global.WebAssembly.instantiate",
  "global.WebAssembly.compileStreaming",
  "global.WebAssembly.instantiateStreaming",
]);
// Where Deno has `xSync`, `x` gives a promise, but for the folder's iterator.
for (const { module, name } of blockingApis) {
  if (module !== "Deno" || !name.endsWith("Sync")) continue;
  if (name !== "readDirSync") GIVES_PROMISE.add(`Deno.${name.slice(0, -4)}`);
}

/** Whether a function's calls give promises. */
export function isAsync(node: FunctionNode): boolean {
  if (node.generator) return false;
  if (node.async) return true;
  const type = node.returnType?.typeAnnotation as Node | undefined;
  if (type?.type !== "TSTypeReference") return false;
  const name = type.typeName as Node;
  return name.type === "Identifier" && name.name === "Promise";
}

/** The API that an expression is, as `module.name`. */
export function apiId(file: LintedFile, expression: Node): string | null {
  const value = file.values.of(expression);
  return value?.is === "api" ? `${value.module}.${value.name}` : null;
}

/** Whether a call surely gives a promise, by what its own file tells. */
export function givesPromise(file: LintedFile, call: Node): boolean {
  const node = bare(call);
  if (node.type === "ImportExpression") return true;
  if (node.type !== "CallExpression") return false;
  const value = file.values.of(node.callee);
  if (value?.is === "function") return isAsync(value.node);
  if (value?.is !== "api") return false;
  if (PROMISE_MODULE.test(value.module)) return !NO_PROMISE.test(value.name);
  return GIVES_PROMISE.has(`${value.module}.${value.name}`) ||
    (value.module === "global" && value.name.startsWith("crypto.subtle."));
}

/** Names of functions that ask something outside the process. */
const ASKS =
  /^(?:fetch|download|upload|request|query|lookup|scrape|crawl|execute|executeTakeFirst|executeTakeFirstOrThrow|findOne|findMany|findUnique|findFirst|insertOne|updateOne|deleteOne|insertMany|ping)$/;
/** `getUser`: worth waiting for only because of what comes back. */
const READS =
  /^(?:fetch|download|request|query|lookup|scrape|crawl|load|get|read|find|search|resolve|enrich)(?=[A-Z])/;
/** `saveUser`: worth waiting for without. */
const STORES =
  /^(?:upload|save|store|insert|update|upsert|send|post|put)(?=[A-Z])/;
/** `axios.get(…)`, `client.post(…)`. */
const CLIENT =
  /^(?:axios|ky|got|http|https|api|client|rest|httpClient|apiClient)$/i;
const VERB = /^(?:get|post|put|patch|delete|head|send)$/;
/** Writing in order to one thing is not waiting in line. */
const IN_ORDER =
  /^(?:write|writeAll|flush|ready|seek|push|enqueue|append|appendFile|pipe|pipeTo|read|next|drain)$/;

/** Of the file system, but of no contents: microseconds each. */
const METADATA =
  /^(?:l?stat|statfs|real[pP]ath|mkdir|mkdtemp|makeTemp|remove|rm|unlink|rename|l?chmod|l?chown|l?utime|link|symlink|read[lL]ink|access|truncate|opendir|read[dD]ir)/;
/** What is read one after the other: `readLine`, `getNextPage`. */
const NEXT =
  /^(?:Next|Line|Lines|Chunk|Record|Token|Frame|Message|Event|Byte|Bytes)$/;

/**
 * Whether an awaited call asks something outside the process, and so waits for
 * it: by what it calls, through functions of the file, or by its name.
 *
 * @param isUsed Whether something is done with what it gives.
 */
export function doesIo(
  file: LintedFile,
  call: NodeOf<"CallExpression">,
  isUsed: boolean,
  seen: Set<Node> = new Set(),
): boolean {
  const value = file.values.of(call.callee);
  const names = namesIn(call.callee);
  const last = names.at(-1) ?? "";
  if (value?.is === "function") {
    if (!isUsed || !isAsync(value.node) || seen.has(value.node)) return false;
    seen.add(value.node);
    return awaitsIo(file, value.node, seen);
  }
  if (value?.is === "api") {
    if (value.module === "global" && value.name === "fetch") return true;
    if (IO_MODULE.test(value.module)) {
      return !NO_PROMISE.test(value.name) && !IN_ORDER.test(value.name) &&
        !METADATA.test(value.name);
    }
    if (value.module === "Deno") {
      return !value.name.includes(".") && !METADATA.test(value.name) &&
        GIVES_PROMISE.has(`Deno.${value.name}`);
    }
  }
  if (IN_ORDER.test(last)) return false;
  if (ASKS.test(last) || STORES.test(last)) return true;
  if (names.length > 1 && VERB.test(last) && CLIENT.test(names.at(-2)!)) {
    return true;
  }
  return isUsed && READS.test(last) &&
    !wordsOf(last).some((word) => NEXT.test(word));
}

/** Whether a function's own code awaits I/O, itself or through functions of the file. */
function awaitsIo(
  file: LintedFile,
  node: FunctionNode,
  seen: Set<Node>,
): boolean {
  return awaitedCalls(node.body ?? node).some(({ call, isUsed }) =>
    doesIo(file, call, isUsed, seen)
  );
}

/** A call that is awaited. */
export interface AwaitedCall {
  at: NodeOf<"AwaitExpression">;
  call: NodeOf<"CallExpression">;
  /** Whether something is done with what it gives. */
  isUsed: boolean;
}

/** The awaited calls that run when this code runs. */
export function awaitedCalls(node: Node): AwaitedCall[] {
  const found: AwaitedCall[] = [];
  walkOwn(node, (inner) => {
    if (inner.type !== "AwaitExpression") return;
    const call = bare(inner.argument);
    if (call.type !== "CallExpression") return;
    const isUsed = userOf(inner)?.type !== "ExpressionStatement";
    found.push({ at: inner, call, isUsed });
  });
  return found;
}
