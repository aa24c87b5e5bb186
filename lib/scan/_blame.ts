import {
  type BlockingApi,
  findBlockingApi,
} from "@loophound/toolkit/blocking_apis";
import type * as t from "@babel/types";
import type { CallFacts } from "./_call_facts.ts";
import { bare, callPlace, placeOf } from "./_syntax.ts";
import { type ApiValue, NONE, type PackageValue } from "./_values.ts";

/** A call that holds the loop. */
export interface Culprit {
  readonly api: BlockingApi;
  readonly node: t.Node;
  readonly line: number;
  readonly column: number;
  /** What is known of its size: over the limit, under it, or nothing. */
  readonly size: "over" | "under" | null;
}

/**
 * What the list says of a call; null when it says nothing.
 *
 * @param node The call, or the argument that is called: `names.map(readFileSync)`.
 */
export function blame(
  callee: ApiValue | PackageValue,
  call: CallFacts,
  node: t.Node = call.node,
): Culprit | null {
  const module = callee.kind === "api" ? callee.module : `npm:${callee.name}`;
  const api = findBlockingApi(module, callee.path, {
    callback: hasCallback(call),
  });
  if (api === undefined) return null;
  const constructs = node === call.node && (call.isNew || call.isSuper);
  if ((api.call === "constructor") !== constructs) return null;
  // Nothing is loaded by asking for a module of the runtime.
  if (
    api.id === "node:module.Module.prototype.require" &&
    call.special?.some(({ kind }) => kind === "api")
  ) return null;
  return {
    api,
    node,
    ...(node === call.node ? callPlace(node) : placeOf(node)),
    size: sizeOf(api, call),
  };
}

function hasCallback(call: CallFacts): boolean {
  const last = call.argNodes.at(-1);
  if (last === undefined) return false;
  const { type } = bare(last);
  return type === "FunctionExpression" ||
    type === "ArrowFunctionExpression" ||
    (call.args().at(-1) ?? NONE).some(({ kind }) => kind === "function");
}

/** Whether a size that is written in the call is over the limit. */
function sizeOf(api: BlockingApi, call: CallFacts): Culprit["size"] {
  if (api.size === null || typeof api.size.of !== "number") return null;
  const node = call.argNodes[api.size.of];
  if (node === undefined) return null;
  const size = node.type === "NumericLiteral" && api.size.unit !== "elements"
    ? node.value
    : node.type === "StringLiteral"
    ? node.value.length
    : null;
  if (size === null) return null;
  return size > api.size.over ? "over" : "under";
}
