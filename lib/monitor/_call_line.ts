import { Code, codeOnly, offsetOf } from "./_js_scanner.ts";

/**
 * Functions longer than this are not read: the line that the profile saw most
 * often, or their first one, must do. Measured on Deno 2.9.6 with a function of
 * that length, full of strings and templates: 1 to 2 ms, 3 ms when it is the
 * first after the warm-up, 6 to 9 ms without that; a usual one of 2 KB: 0.3 ms.
 */
const LONGEST_FUNCTION = 16_384;
/** So much is tried first. Most functions are shorter. */
const SHORT_FUNCTION = 1_024;

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

/** Words before a parenthesis that call nothing. */
const NO_CALL = /^(?:if|for|while|switch|catch|function|return|await|typeof)$/;
const CALL =
  /(?<![\w$])([\w$]+)\]?(?:\s*\.\s*(?:call|apply))?\s*(?:<[^;(){}]{0,200}>\s*)?(?:\?\.)?\(/g;
const WORD = /([\w$]+)/g;

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

/** Counts lines on the way through a text. */
class Lines {
  readonly #text: string;
  #line: number;
  #next: number;

  constructor(text: string, first: number) {
    this.#text = text;
    this.#line = first;
    this.#next = text.indexOf("\n");
  }

  /** The line of a place behind all that were asked for. */
  at(index: number): number {
    while (this.#next >= 0 && this.#next < index) {
      this.#line++;
      this.#next = this.#text.indexOf("\n", this.#next + 1);
    }
    return this.#line;
  }
}

/** From where to where loops go; those that touch are one. */
function loopsIn(code: Code): [from: number, to: number][] {
  const { text } = code;
  const loops: [number, number][] = [];
  for (const { index, 0: word } of text.matchAll(/\b(?:for|while|do)\b/g)) {
    let at = index + word.length;
    if (word !== "do") {
      // `for await (…)`
      const open = text.slice(at, at + 20).indexOf("(");
      if (open < 0) continue;
      at = code.bracketEnd(at + open);
    }
    at = code.afterSpace(at);
    const found = text[at] === "{"
      ? code.bracketEnd(at)
      : text.indexOf(";", at);
    const end = found < 0 ? text.length : found;
    const last = loops.at(-1);
    if (last === undefined || index > last[1]) loops.push([index, end]);
    else if (end > last[1]) last[1] = end;
  }
  return loops;
}

/** What a function calls, and what it names without calling it. */
export class FunctionSource {
  /** As it is written. */
  readonly #text: string;
  readonly #code: Code;
  readonly #firstLine: number;
  #loops: [number, number][] | null = null;
  #calls: CallSite[] | null = null;
  #mentions: CallSite[] | null = null;

  constructor(text: string, code: Code, firstLine: number) {
    this.#text = text;
    this.#code = code;
    this.#firstLine = firstLine;
  }

  /** In order. */
  get calls(): CallSite[] {
    return this.#calls ??= this.#sites(CALL);
  }

  /** `read` of `paths.map(read)`; calls are among them. */
  get mentions(): CallSite[] {
    return this.#mentions ??= this.#sites(WORD);
  }

  #sites(pattern: RegExp): CallSite[] {
    const loops = this.#loops ??= loopsIn(this.#code);
    const lines = new Lines(this.#code.text, this.#firstLine);
    const found: CallSite[] = [];
    let loop = 0;
    for (const { index, 1: name } of this.#code.text.matchAll(pattern)) {
      // The function's own name comes before its parameters.
      if (index === 0 || NO_CALL.test(name!)) continue;
      while (loop < loops.length && loops[loop]![1] <= index) loop++;
      const inLoop = loop < loops.length && loops[loop]![0] < index;
      found.push({ name: name!, line: lines.at(index), inLoop });
    }
    return found;
  }

  /**
   * The line that runs a regular expression: the one with its literal, else
   * the calls that may.
   *
   * @param pattern Its source.
   */
  regexSites(pattern: string): CallSite[] {
    const at = this.#text.indexOf(`/${pattern}/`);
    if (at < 0) return this.calls.filter(({ name }) => REGEX_CALLS.has(name));
    const line = new Lines(this.#text, this.#firstLine).at(at);
    return [{ name: "RegExp", line, inLoop: false }];
  }
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
 * @returns Nothing of what is too long to be read on the loop.
 */
export function readFunction(
  text: string,
  start: FunctionStart | null,
): FunctionSource {
  if (start === null) {
    const whole = text.length > LONGEST_FUNCTION ? "" : text;
    return new FunctionSource(whole, new Code(codeOnly(whole)), 1);
  }
  const from = offsetOf(text, start.line, start.column);
  for (let size = SHORT_FUNCTION; size <= LONGEST_FUNCTION; size *= 4) {
    const part = text.slice(from, from + size);
    const whole = new Code(codeOnly(part));
    const end = whole.functionEnd();
    // It may go on behind the part that was looked at.
    if (end === part.length && from + end < text.length) continue;
    return new FunctionSource(
      part.slice(0, end),
      new Code(whole.text.slice(0, end)),
      start.line,
    );
  }
  return new FunctionSource("", new Code(""), start.line);
}

const IDENTIFIER = /^[\w$]+$/;
const IMPORTED = /\s+as\s+([\w$]+)/y;
const TAKEN = /\s*:\s*([\w$]+)\s*[,}]/y;
const KEPT = /\s*[;,\n]/y;
/** What comes before `fs.x` in `const y: T = fs.x`, from the line's beginning on. */
const KEEPS =
  /(?<![\w$])([\w$]+)\s*(?::[^;\n]{0,100})?=\s*(?:[\w$]+\s*\.\s*){0,5}$/;
/** So many characters of a line may come before a name. */
const BEFORE = 160;
/** More mentions than this of a name are not looked at. */
const MENTIONS = 200;

/**
 * Other names that a file gives to something: by an import (`x as y`), by
 * destructuring (`{ x: y }`), by a constant (`const y = fs.x`).
 */
export function aliasesOf(text: string, name: string): string[] {
  if (!IDENTIFIER.test(name)) return [];
  const found = new Set<string>();
  let at = text.indexOf(name);
  for (let i = 0; at >= 0 && i < MENTIONS; i++) {
    const alias = aliasAt(text, at, at + name.length);
    if (alias !== null) found.add(alias);
    at = text.indexOf(name, at + name.length);
  }
  found.delete(name);
  return [...found];
}

function match(pattern: RegExp, text: string, at: number): string[] | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** The other name given to the name from here to there. */
function aliasAt(text: string, from: number, to: number): string | null {
  if (IDENTIFIER.test(text[from - 1] ?? " ")) return null;
  const behind = match(IMPORTED, text, to) ?? match(TAKEN, text, to);
  if (behind !== null) return behind[1]!;
  if (match(KEPT, text, to) === null) return null;
  const before = text.slice(Math.max(0, from - BEFORE), from);
  const begins = Math.max(before.lastIndexOf(";"), before.lastIndexOf("\n"));
  const line = before.slice(begins + 1);
  return /[=.]\s*$/.test(line) ? KEEPS.exec(line)?.[1] ?? null : null;
}
