/**
 * Parses a file. Measured on 1,000 files of this repository (3.3 MB, two
 * cores): `@babel/parser` 1.53 s, `typescript` 6 `createSourceFile` 1.49 s and
 * another 0.2 s to load its 24 MB (TypeScript 7, the native port, was not
 * tried); `oxc-parser` asks for native code (`--allow-ffi`) and its binding is not
 * found without a node_modules folder.
 *
 * @module
 */
import { parse, parseExpression, type ParserPlugin } from "@babel/parser";
import type * as t from "@babel/types";

/** A place in a file, counted from 1. */
export interface Place {
  line: number;
  column: number;
}

/** What stopped the parser. */
export interface SyntaxProblem extends Place {
  message: string;
}

/** A parsed file; `program` is missing when nothing could be made of it. */
export interface Parsed {
  program?: t.Program;
  comments: readonly t.Comment[];
  problem?: SyntaxProblem;
}

const SCRIPT = /\.[cm]?[jt]sx?$/;
const DECLARATIONS = /\.d\.[cm]?ts$/;

/** Whether a file is one that the scan can read. */
export function isScript(path: string): boolean {
  return SCRIPT.test(path) && !DECLARATIONS.test(path);
}

function pluginsFor(path: string, legacy: boolean): ParserPlugin[] {
  const plugins: ParserPlugin[] = [
    legacy ? "decorators-legacy" : "decorators",
    "decoratorAutoAccessors",
  ];
  if (/\.[cm]?tsx?$/.test(path)) plugins.push("typescript");
  if (!/\.[cm]?ts$/.test(path)) plugins.push("jsx");
  return plugins;
}

function asProblem(error: unknown): SyntaxProblem {
  if (error instanceof RangeError) {
    return { line: 1, column: 1, message: "Too deeply nested to be parsed" };
  }
  const { loc, message } = error as {
    loc?: { line: number; column: number };
    message?: string;
  };
  return {
    line: loc?.line ?? 1,
    column: (loc?.column ?? 0) + 1,
    message: String(message ?? error).replace(/\s*\(\d+:\d+\)$/, ""),
  };
}

function tryParse(path: string, text: string, legacy: boolean): Parsed {
  try {
    const file = parse(text, {
      sourceType: "unambiguous",
      plugins: pluginsFor(path, legacy),
      errorRecovery: true,
      attachComment: false,
      allowReturnOutsideFunction: true,
      allowAwaitOutsideFunction: true,
      allowUndeclaredExports: true,
      allowImportExportEverywhere: true,
      allowSuperOutsideMethod: true,
      allowNewTargetOutsideFunction: true,
    });
    const first = file.errors?.[0];
    return {
      program: file.program,
      comments: file.comments ?? [],
      ...(first === undefined ? {} : { problem: asProblem(first) }),
    };
  } catch (error) {
    return { comments: [], problem: asProblem(error) };
  }
}

/**
 * Parses TypeScript or JavaScript, with or without JSX.
 *
 * @param path Says by its ending what it is.
 */
export function parseFile(path: string, text: string): Parsed {
  const parsed = tryParse(path, text, false);
  if (parsed.problem === undefined) return parsed;
  // Decorators of parameters are known to the older proposal only.
  const legacy = tryParse(path, text, true);
  return legacy.problem === undefined ? legacy : parsed;
}

/**
 * Reads JSON with comments and trailing commas.
 *
 * @throws {SyntaxError} It is none.
 */
export function parseJsonc(text: string): unknown {
  return plain(parseExpression(text.replace(/^\uFEFF/, "")));
}

function plain(node: t.Node): unknown {
  switch (node.type) {
    case "StringLiteral":
    case "NumericLiteral":
    case "BooleanLiteral":
      return node.value;
    case "NullLiteral":
      return null;
    case "UnaryExpression":
      return -Number(plain(node.argument));
    case "ArrayExpression":
      return node.elements.map((element) =>
        element === null ? null : plain(element)
      );
    case "ObjectExpression":
      return Object.fromEntries(node.properties.map((property) => {
        if (property.type !== "ObjectProperty") throw notJson(property);
        const { key } = property;
        if (key.type !== "StringLiteral") throw notJson(key);
        return [key.value, plain(property.value)];
      }));
    default:
      throw notJson(node);
  }
}

function notJson(node: t.Node): SyntaxError {
  return new SyntaxError(`Cannot read ${node.type} as JSON`);
}

/** Where a node begins, counted from 1. */
export function placeOf(node: t.Node): Place {
  const start = node.loc?.start;
  return { line: start?.line ?? 1, column: (start?.column ?? 0) + 1 };
}

/**
 * Where a call is told: at the name that is called, which in a chain of calls
 * over many lines is not where the expression begins.
 */
export function callPlace(node: t.Node): Place {
  let callee: t.Node = node;
  if (
    node.type === "CallExpression" || node.type === "OptionalCallExpression"
  ) {
    callee = node.callee;
  } else if (node.type === "TaggedTemplateExpression") {
    callee = node.tag;
  }
  if (
    callee.type === "MemberExpression" ||
    callee.type === "OptionalMemberExpression"
  ) {
    const { line } = placeOf(callee.property);
    return line === placeOf(node).line
      ? placeOf(node)
      : placeOf(callee.property);
  }
  return placeOf(node);
}

/** Takes away what says nothing at run time: casts, `!`, brackets, `await`. */
export function bare(node: t.Node): t.Node {
  let inner = node;
  for (;;) {
    switch (inner.type) {
      case "TSAsExpression":
      case "TSSatisfiesExpression":
      case "TSNonNullExpression":
      case "TSTypeAssertion":
      case "TSInstantiationExpression":
      case "ParenthesizedExpression":
        inner = inner.expression;
        break;
      case "AwaitExpression":
        inner = inner.argument;
        break;
      default:
        return inner;
    }
  }
}
