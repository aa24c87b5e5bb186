import { bracketEnd, codeOnly, functionEnd, offsetOf } from "./_js_scanner.ts";

/** Where a function begins. From 1. */
export interface FunctionStart {
  line: number;
  column: number;
}

/** A call in the source of a function. */
export interface CallSite {
  /** Last name of what is called: `parse` of `JSON.parse(…)`. */
  name: string;
  /** From 1. */
  line: number;
  /** Whether it is in the head or the body of a loop. */
  inLoop: boolean;
}

/** From where to where the loops of a text without strings and comments go. */
function loopsIn(body: string): [from: number, to: number][] {
  const loops: [number, number][] = [];
  for (const { index, 0: word } of body.matchAll(/\b(?:for|while|do)\b/g)) {
    let i = index + word.length;
    if (word !== "do") {
      const open = body.indexOf("(", i);
      if (open < 0) continue;
      i = bracketEnd(body, open);
    }
    i += /^\s*/.exec(body.slice(i, i + 500))![0].length;
    const end = body[i] === "{" ? bracketEnd(body, i) : body.indexOf(";", i);
    loops.push([index, end < 0 ? body.length : end]);
  }
  return loops;
}

/** Words before a parenthesis that call nothing. */
const NO_CALL = /^(?:if|for|while|switch|catch|function|return|await|typeof)$/;
const CALL =
  /([\w$]+)\]?(?:\s*\.\s*(?:call|apply))?\s*(?:<[^;(){}]*>\s*)?(?:\?\.)?\(/g;

/** Calls that may run a regular expression. */
const REGEX_CALLS = new Set([
  "test",
  "exec",
  "match",
  "matchAll",
  "replace",
  "replaceAll",
  "search",
  "split",
]);

/**
 * The line that runs a regular expression: the one with its literal, else the
 * calls that may.
 *
 * @param pattern Its source.
 */
export function regexSites(
  text: string,
  start: FunctionStart | null,
  pattern: string,
): CallSite[] {
  const from = start === null ? 0 : offsetOf(text, start.line, start.column);
  const to = start === null ? text.length : functionEnd(text, from);
  const at = text.slice(from, to).indexOf(`/${pattern}/`);
  if (at >= 0) {
    const line = text.slice(0, from + at).split("\n").length;
    return [{ name: "RegExp", line, inLoop: false }];
  }
  return readFunction(text, start).calls.filter(({ name }) =>
    REGEX_CALLS.has(name)
  );
}

/** What a function calls, and what it names without calling it. */
export interface FunctionSource {
  calls: CallSite[];
  /** `read` of `paths.map(read)`; calls are among them. */
  mentions: CallSite[];
}

/**
 * Reads what a function calls, from its beginning to its end.
 *
 * A profile tells in which line a function was when it was innermost, and of
 * a function that called another only where it begins: the rest is in the
 * source.
 *
 * @param text Source of the whole file.
 * @param start Where the function begins; null for the whole file.
 * @returns In order.
 */
export function readFunction(
  text: string,
  start: FunctionStart | null,
): FunctionSource {
  const from = start === null ? 0 : offsetOf(text, start.line, start.column);
  const to = start === null ? text.length : functionEnd(text, from);
  const body = codeOnly(text.slice(from, to));
  const loops = loopsIn(body);
  const sites = (pattern: RegExp): CallSite[] => {
    const found: CallSite[] = [];
    let line = start?.line ?? 1;
    let seen = 0;
    for (const { index, 1: name } of body.matchAll(pattern)) {
      // The function's own name comes before its parameters.
      if (index === 0 || NO_CALL.test(name!)) continue;
      for (; seen < index; seen++) if (body[seen] === "\n") line++;
      const inLoop = loops.some(([from, to]) => index > from && index < to);
      found.push({ name: name!, line, inLoop });
    }
    return found;
  };
  return { calls: sites(CALL), mentions: sites(/([\w$]+)/g) };
}

/**
 * Other names that a file gives to something: by an import (`x as y`), by
 * destructuring (`{ x: y }`), by a constant (`const y = fs.x`).
 */
export function aliasesOf(text: string, name: string): string[] {
  if (!/^[\w$]+$/.test(name) || !text.includes(name)) return [];
  const it = name.replaceAll("$", "\\$");
  const found = text.matchAll(
    new RegExp(
      `\\b${it}\\s+as\\s+([\\w$]+)|\\b${it}\\s*:\\s*([\\w$]+)\\s*[,}]|` +
        `\\b([\\w$]+)\\s*(?::[^;\\n]*?)?=\\s*(?:[\\w$]+\\s*\\.\\s*)*${it}\\s*[;,\\n]`,
      "g",
    ),
  );
  return [...found].map(([, imported, taken, kept]) =>
    imported ?? taken ?? kept!
  ).filter((alias) => alias !== name);
}
