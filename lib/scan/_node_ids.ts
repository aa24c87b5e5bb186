import type * as t from "@babel/types";
import type { Scope, TypeRef } from "./_facts.ts";

const nodeIds = new WeakMap<t.Node, number>();
let nodeCount = 0;

/** A number for a node. */
export function nodeId(node: t.Node): number {
  let id = nodeIds.get(node);
  if (id === undefined) nodeIds.set(node, id = nodeCount++);
  return id;
}

const scopeIds = new WeakMap<Scope, number>();
let scopeCount = 0;

/** Names a type, where it is written. */
export function typeKey({ node, scope }: TypeRef): string {
  let id = scopeIds.get(scope);
  if (id === undefined) scopeIds.set(scope, id = scopeCount++);
  return `${nodeId(node)}.${id}`;
}
