/**
 * Where a file uses what the list of blocking APIs names.
 *
 * @module
 */
import {
  type BlockingApi,
  findBlockingApi,
} from "@loophound/toolkit/blocking_apis";
import type { LintedFile } from "./_file.ts";
import { bare, isFunction, type Node, type NodeOf, userOf } from "./_syntax.ts";
import type { Value } from "./_value.ts";

/** One use of a listed API. */
export interface Use {
  api: BlockingApi;
  /** What to underline: the callee, or the reference that is handed on. */
  node: Node;
  /** Null where the API is handed on, or called by `.call`, `.apply`. */
  call: NodeOf<"CallExpression"> | NodeOf<"NewExpression"> | null;
}

/**
 * Input that code of every day has. Sizes are not known here: an API that
 * blocks from a size on is told of when such input is large enough, and only
 * where its use is a choice (`gzipSync`, `zlib.gzip`), not everyday code that
 * mostly is small (`JSON.parse`, `response.json`, `hash.update`).
 */
const ORDINARY_BYTES = 2_000_000;

function isHeavyAnyway(api: BlockingApi): boolean {
  if (api.kind === "module_load") return true;
  const { unit, over } = api.size!;
  if (unit !== "bytes" || over > ORDINARY_BYTES) return false;
  return api.nature === "sync"
    ? api.name.endsWith("Sync")
    : api.module !== "global";
}

function isWorthTelling(
  file: LintedFile,
  api: BlockingApi,
  call: Node | null,
): boolean {
  if (!api.byDefault) return false;
  const { size } = api;
  if (size === null) return true;
  const isCall = call?.type === "CallExpression" ||
    call?.type === "NewExpression";
  const measured = isCall && typeof size.of === "number"
    ? file.values.of(call.arguments[size.of] as Node | undefined)
    : null;
  if (measured?.is === "number") return measured.value >= size.over;
  if (measured?.is === "string") return measured.value.length >= size.over;
  return isHeavyAnyway(api);
}

function hasCallback(file: LintedFile, call: Node): boolean {
  if (call.type !== "CallExpression") return false;
  const last = call.arguments.at(-1) as Node | undefined;
  return last !== undefined &&
    (isFunction(last) || file.values.of(last)?.is === "function");
}

function find(
  value: Value | null,
  callback: boolean,
): BlockingApi | undefined {
  if (value?.is !== "api" || value.name === "") return undefined;
  return findBlockingApi(value.module, value.name, { callback });
}

/** An API's name in messages: `Deno.FsFile#readSync`. */
export function shortName(api: BlockingApi): string {
  return api.id.replace(".prototype.", "#").replace("(callback)", "");
}

/**
 * Finds the uses of listed APIs in a file, in source order.
 *
 * @param file The file.
 * @param nature Which part of the list.
 */
export function usesOf(
  file: LintedFile,
  nature: BlockingApi["nature"],
): Use[] {
  const uses: Use[] = [];
  const { values } = file;
  const add = (api: BlockingApi | undefined, use: Omit<Use, "api">): void => {
    if (api?.nature !== nature) return;
    const call = use.call ?? userOf(use.node);
    if (isWorthTelling(file, api, call)) uses.push({ api, ...use });
  };
  const reference = (argument: Node): void => {
    const node = bare(argument);
    const isBound = node.type === "CallExpression" &&
      bare(node.callee).type === "MemberExpression";
    if (
      node.type !== "Identifier" && node.type !== "MemberExpression" && !isBound
    ) return;
    const value = values.of(node);
    // An instance's own answer is not a function that is handed on.
    if (isBound && value?.is !== "api") return;
    const api = find(value, false);
    if (api?.call !== "constructor") add(api, { node: argument, call: null });
  };
  for (const call of file.nodesOf("CallExpression")) {
    const callee = bare(call.callee);
    const member = callee.type === "MemberExpression"
      ? values.memberName(callee)
      : null;
    if (
      callee.type === "MemberExpression" &&
      (member === "call" || member === "apply")
    ) {
      const api = find(values.of(callee.object), false);
      if (api?.call !== "constructor") {
        add(api, { node: callee.object, call: null });
      }
    } else {
      const api = find(values.of(callee), hasCallback(file, call));
      if (api?.call !== "constructor") add(api, { node: call.callee, call });
    }
    // `promisify(gzip)` makes another function; it is told of where it is called.
    const value = values.of(callee);
    if (value?.is === "api" && value.name === "promisify") continue;
    if (member === "bind") continue;
    for (const argument of call.arguments as Node[]) reference(argument);
  }
  for (const call of file.nodesOf("NewExpression")) {
    const value = values.of(call.callee);
    const api = find(value, false);
    if (api?.call === "constructor") add(api, { node: call, call });
    for (const argument of (call.arguments ?? []) as Node[]) {
      reference(argument);
    }
  }
  for (const { tag } of file.nodesOf("TaggedTemplateExpression")) {
    add(find(values.of(tag), false), { node: tag as Node, call: null });
  }
  return uses.sort((a, b) => a.node.range[0] - b.node.range[0]);
}
