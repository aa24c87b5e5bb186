/**
 * What comes back from calls that are not followed: of the runtime, of
 * packages, of what is not known.
 *
 * @module
 */
import type { CallFacts } from "./_call_facts.ts";
import type { Evaluator } from "./_evaluator.ts";
import { isRouterPackage, REGISTERING } from "./_routers.ts";
import { resultOfApi } from "./_runtime_facts.ts";
import { nodeId } from "./_node_ids.ts";
import {
  type ApiValue,
  NONE,
  type PackageValue,
  union,
  type Value,
} from "./_values.ts";

const COLLECTION_CLASSES = new Set([
  "Array",
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "WeakRef",
]);
/** Functions of the runtime that give a collection. */
const MAKES_COLLECTION = new Set([
  "Promise.all",
  "Promise.allSettled",
  "Object.values",
  "Object.entries",
  "Object.fromEntries",
  "Object.groupBy",
  "Map.groupBy",
  "Array.from",
  "Array.fromAsync",
  "Array.of",
  "Iterator.from",
]);
/** Functions of the runtime that give what they are given. */
const GIVES_ARGUMENT = new Set([
  "Object.freeze",
  "Object.seal",
  "Object.preventExtensions",
  "Object.assign",
  "Object.create",
  "Object.setPrototypeOf",
  "Promise.resolve",
  "Proxy",
]);
/** Methods of collections that give one of the elements. */
const GIVES_ELEMENT = new Set([
  "at",
  "deref",
  "find",
  "findLast",
  "get",
  "next",
  "pop",
  "shift",
]);
/** Methods of collections that give such a collection again. */
const GIVES_SAME = new Set([
  "concat",
  "copyWithin",
  "drop",
  "entries",
  "fill",
  "filter",
  "flat",
  "keys",
  "reverse",
  "slice",
  "sort",
  "splice",
  "take",
  "toArray",
  "toReversed",
  "toSorted",
  "toSpliced",
  "union",
  "values",
  "with",
]);
/** Methods of collections that give what their callback gives. */
const GIVES_MAPPED = new Set(["map", "flatMap", "reduce", "reduceRight"]);

/** Methods that put what they are given into the collection. */
export const ADDING: ReadonlySet<string> = new Set([
  "add",
  "append",
  "concat",
  "fill",
  "push",
  "set",
  "splice",
  "unshift",
  "with",
]);

/**
 * Methods that call what they are given at once or when a promise settles,
 * whatever they are called on.
 */
export const CALLING_BACK: ReadonlySet<string> = new Set([
  ...GIVES_MAPPED,
  "catch",
  "every",
  "filter",
  "finally",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
  "forEach",
  "replace",
  "replaceAll",
  "some",
  "sort",
  "then",
  "toSorted",
]);

/** What a callback of a call is given, as far as it is known. */
export function callbackArguments(
  call: CallFacts,
  evaluator: Evaluator,
): readonly (readonly Value[])[] {
  const { method, receivers } = call;
  const elements = evaluator.elements(
    receivers.filter(({ kind }) => kind === "collection"),
  );
  if (elements.length > 0) {
    if (method === "reduce" || method === "reduceRight") {
      return [union(elements, call.args()[1] ?? NONE), elements];
    }
    return [elements, elements];
  }
  if (method === "then") return [receivers];
  for (const callee of call.callees) {
    if (callee.kind !== "api") continue;
    const { path } = callee;
    if (path === "Array.from") {
      return [evaluator.elements(call.args()[0] ?? NONE)];
    }
    if (path === "setTimeout" || path === "setInterval") {
      return call.args().slice(2);
    }
    if (path === "queueMicrotask") return [];
    if (path === "nextTick" || path === "setImmediate") {
      return call.args().slice(1);
    }
  }
  return [];
}

/** What the callbacks of a call give. */
function callbackResults(
  call: CallFacts,
  evaluator: Evaluator,
): readonly Value[] {
  const functions = call.args().flat().filter((value) =>
    value.kind === "function"
  );
  if (functions.length === 0) return NONE;
  const args = callbackArguments(call, evaluator);
  return union(
    ...functions.map((value) => evaluator.resultOf(value, args, call.frame.fn)),
  );
}

/** The elements of a collection that a call gives. */
export function collectionResult(
  call: CallFacts,
  evaluator: Evaluator,
): readonly Value[] {
  const { method } = call;
  const args = call.args();
  for (const callee of call.callees) {
    if (callee.kind !== "api") continue;
    switch (callee.path) {
      case "Promise.all":
      case "Promise.allSettled":
      case "Object.fromEntries":
      case "Iterator.from":
        return evaluator.elements(args[0] ?? NONE);
      case "Object.values":
      case "Object.entries":
        return evaluator.property(args[0] ?? NONE, null);
      case "Array.of":
        return union(...args);
      case "Array.from":
      case "Array.fromAsync":
        return args.length > 1
          ? callbackResults(call, evaluator)
          : evaluator.elements(args[0] ?? NONE);
      case "Object.groupBy":
      case "Map.groupBy":
        return args[0] ?? NONE;
    }
  }
  if (method === null || !GIVES_MAPPED.has(method)) return NONE;
  const results = callbackResults(call, evaluator);
  return method === "flatMap"
    ? union(results, evaluator.elements(results))
    : results;
}

function ofCollection(
  call: CallFacts,
  evaluator: Evaluator,
): readonly Value[] | null {
  const { method, node, frame } = call;
  const collections = call.receivers.filter(({ kind }) =>
    kind === "collection"
  );
  if (collections.length === 0 || method === null) return null;
  if (GIVES_ELEMENT.has(method)) return evaluator.elements(collections);
  if (GIVES_SAME.has(method)) return collections;
  if (method === "reduce" || method === "reduceRight") {
    return union(call.args()[1] ?? NONE, callbackResults(call, evaluator));
  }
  if (GIVES_MAPPED.has(method)) {
    return [evaluator.store.collection(node, frame)];
  }
  return NONE;
}

function ofPackage(
  callee: PackageValue,
  call: CallFacts,
  evaluator: Evaluator,
): readonly Value[] {
  const { store } = evaluator;
  const { name, path, made, prefix } = callee;
  if (path === "*") return [callee];
  const here = isRouterPackage(name)
    ? `${nodeId(call.node)}@${call.frame.id}`
    : "";
  if (!evaluator.isTracked(name)) return [store.pkg(name, "*")];
  // `createRoute({ method, path })` of Hono gives what it is given.
  if (path === "createRoute") return call.args()[0] ?? NONE;
  if (call.isNew) return [store.pkg(name, `${path}.prototype`, here)];
  const cut = path.lastIndexOf(".");
  const owner = path.slice(0, Math.max(cut, 0));
  const method = path.slice(cut + 1);
  if (made !== "" && (REGISTERING.has(method) || method === "basePath")) {
    const [base] = method === "basePath" ? call.args()[0] ?? NONE : NONE;
    const more = base?.kind === "text" ? base.text : "";
    return [store.pkg(name, owner, made, `${prefix}${more}`)];
  }
  if (/^[A-Z]\w*$/.test(owner)) {
    // `PGlite.create()`: a class makes instances of itself.
    return [store.pkg(name, `${owner}.prototype`, here)];
  }
  return path.length > 80
    ? NONE
    : [store.pkg(name, `${path}()`, made === "" ? here : made, prefix)];
}

function ofApi(
  callee: ApiValue,
  call: CallFacts,
  evaluator: Evaluator,
): readonly Value[] {
  const { store } = evaluator;
  const { module, path } = callee;
  const args = call.args();
  if (module === "global") {
    if (GIVES_ARGUMENT.has(path)) return union(...args);
    if (
      call.isNew && COLLECTION_CLASSES.has(path) || MAKES_COLLECTION.has(path)
    ) {
      return [store.collection(call.node, call.frame)];
    }
    if (path === "Promise.race" || path === "Promise.any") {
      return evaluator.elements(args[0] ?? NONE);
    }
  }
  if (call.isNew) return [store.api(module, `${path}.prototype`)];
  if (module === "node:util" && path === "promisify") return args[0] ?? NONE;
  const known = resultOfApi(module, path);
  if (known !== undefined) return [store.api(known.module, known.path)];
  return callbackResults(call, evaluator);
}

/** What a call gives that is not followed. */
export function foreignResult(
  callee: ApiValue | PackageValue | null,
  call: CallFacts,
  evaluator: Evaluator,
): readonly Value[] {
  if (callee !== null && evaluator.handsOff(callee)) return NONE;
  if (callee?.kind === "api") return ofApi(callee, call, evaluator);
  if (callee === null) {
    const own = ofCollection(call, evaluator);
    if (own !== null) return own;
    const { method, receivers } = call;
    if (method === "catch" || method === "finally") {
      return union(receivers, callbackResults(call, evaluator));
    }
    if (method !== null && ADDING.has(method)) return NONE;
    if (method !== null && CALLING_BACK.has(method)) {
      return callbackResults(call, evaluator);
    }
  }
  // A wrapper of a package may give back the function that it is given.
  const functions = call.args().flat().filter((value) =>
    value.kind === "function"
  );
  const given = callee === null ? NONE : ofPackage(callee, call, evaluator);
  return union(given, functions, callbackResults(call, evaluator));
}
