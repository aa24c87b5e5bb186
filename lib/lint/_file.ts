import { analyseScopes, type Scopes } from "./_scopes.ts";
import { copyTree, type Node, type NodeOf, walk } from "./_syntax.ts";
import type { Values } from "./_value.ts";
import { createValues } from "./_values.ts";

/** A file as the rules see it; made once and shared by them. */
export interface LintedFile {
  name: string;
  text: string;
  program: NodeOf<"Program">;
  scopes: Scopes;
  values: Values;
  /** Whether its name is that of a test: `x_test.ts`, `x.spec.ts`, `__tests__/x.ts`. */
  isTest: boolean;
  /** The nodes of a type, in source order. */
  nodesOf<T extends Node["type"]>(type: T): readonly NodeOf<T>[];
  /** The line of a node, from 1. */
  lineOf(node: Node): number;
}

const files = new WeakMap<object, LintedFile>();

function analyse(context: Deno.lint.RuleContext): LintedFile {
  const { text } = context.sourceCode;
  const program = copyTree(context.sourceCode.ast);
  const byType = new Map<string, Node[]>();
  walk(program, (node) => {
    const known = byType.get(node.type);
    if (known === undefined) byType.set(node.type, [node]);
    else known.push(node);
  });
  const scopes = analyseScopes(program, text);
  return {
    name: context.filename,
    text,
    program,
    scopes,
    values: createValues(program, scopes),
    isTest: /(?:[_.](?:test|spec|bench)|\/(?:test|bench))\.[cm]?[jt]sx?$/.test(
      context.filename,
    ) || context.filename.includes("/__tests__/"),
    nodesOf: <T extends Node["type"]>(type: T) =>
      (byType.get(type) ?? []) as NodeOf<T>[],
    lineOf: (node) => text.slice(0, node.range[0]).split("\n").length,
  };
}

/** The analysed file that a rule is asked about. */
export function linted(context: Deno.lint.RuleContext): LintedFile {
  const key = context.sourceCode.ast;
  let file = files.get(key);
  if (file === undefined) {
    file = analyse(context);
    files.set(key, file);
  }
  return file;
}
