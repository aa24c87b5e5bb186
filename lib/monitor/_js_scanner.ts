/**
 * Just enough of JavaScript's grammar to find where functions end and what in
 * a text is code: strings, comments, templates, regular expressions, brackets.
 * Types are left in.
 *
 * It runs on the loop, after a block: each character is looked at a fixed
 * number of times, and runs of plain ones are jumped over by a regular
 * expression, which is fast from its first use on.
 *
 * @module
 */

/** Where a line and column (from 1) are in the text. */
export function offsetOf(text: string, line: number, column: number): number {
  let offset = 0;
  for (let i = 1; i < line; i++) {
    const next = text.indexOf("\n", offset);
    if (next < 0) return text.length;
    offset = next + 1;
  }
  return offset + column - 1;
}

/** What neither begins nor ends anything. */
const PLAIN = /[^"'`/{}]+/y;
const DOUBLE = /"[^"\\\n]*(?:\\[^][^"\\\n]*)*"?/y;
const SINGLE = /'[^'\\\n]*(?:\\[^][^'\\\n]*)*'?/y;
/** The text of a template up to its end or its next expression. */
const TEMPLATE = /[^`\\$]*(?:(?:\\[^]|\$(?!\{))[^`\\$]*)*(?:`|\$(?=\{))?/y;
const SPACE = /\s/;
const LINE_COMMENT = /\/\/[^\n]*/y;
const REGEX = /\/(?:[^/[\\\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;
/** After a value a slash divides; after one of these words it does not. */
const VALUE = /[\w$)\]"'`./]/;
const NO_VALUE =
  /\b(?:return|typeof|case|in|of|do|else|void|delete|await|yield)$/;
/** As long as the longest of these words, and more. */
const LONGEST_WORD = 8;

/** Where a match that begins at the place ends, else the place itself. */
function ending(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function blank(text: string): string {
  return text.includes("\n")
    ? text.replace(/[^\n]+/g, (line) => " ".repeat(line.length))
    : " ".repeat(text.length);
}

/** A text in which what is no code gets blanked. */
class Blanks {
  readonly #text: string;
  readonly #pieces: string[] = [];
  /** Behind the last blank. */
  #from = 0;
  /** Up to here a slash begins no regular expression: one did not end in this line. */
  #noRegexTo = 0;
  /** Braces around this place, and of them those of a template's expressions. */
  #depth = 0;
  readonly #templates: number[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  #replace(from: number, to: number, by: string): number {
    this.#pieces.push(this.#text.slice(this.#from, from), by);
    this.#from = to;
    return to;
  }

  #blank(from: number, to: number): number {
    return this.#replace(from, to, blank(this.#text.slice(from, to)));
  }

  /** What stands in brackets is a name: `fs["readFileSync"]`. */
  #string(from: number, to: number): number {
    const text = this.#text;
    if (text[from - 1] === "[" && text[to] === "]") {
      const name = text.slice(from + 1, to - 1);
      if (/^[\w$]+$/.test(name)) return this.#replace(from, to, `  ${name}`);
    }
    return this.#blank(from, to);
  }

  /**
   * A template from its backtick, or from the end of one of its expressions.
   * Expressions get square brackets: braces would look like a body.
   *
   * @param first What stands for the character at this place.
   */
  #template(at: number, first: " " | "]"): number {
    const text = this.#text;
    const to = ending(TEMPLATE, text, at + 1);
    const blanks = first + blank(text.slice(at + 1, to));
    if (text[to - 1] !== "$" || text[to] !== "{") {
      return this.#replace(at, to, blanks);
    }
    this.#templates.push(this.#depth++);
    return this.#replace(at, to + 1, `${blanks}[`);
  }

  #slash(at: number): number {
    const text = this.#text;
    const next = text[at + 1];
    if (next === "/") return this.#blank(at, ending(LINE_COMMENT, text, at));
    if (next === "*") {
      const end = text.indexOf("*/", at + 2);
      return this.#blank(at, end < 0 ? text.length : end + 2);
    }
    if (at < this.#noRegexTo || !this.#beginsRegex(at)) return at + 1;
    const to = ending(REGEX, text, at);
    if (to > at) return this.#blank(at, to);
    const line = text.indexOf("\n", at);
    this.#noRegexTo = line < 0 ? text.length : line;
    return at + 1;
  }

  /** Whether a slash at this place begins a regular expression. */
  #beginsRegex(at: number): boolean {
    const text = this.#text;
    let end = at;
    // As far as the last slash: a flood of spaces is looked at once.
    while (end > 0 && SPACE.test(text[end - 1]!)) end--;
    if (end === 0 || !VALUE.test(text[end - 1]!)) return true;
    return NO_VALUE.test(text.slice(Math.max(0, end - LONGEST_WORD), end));
  }

  #closeBrace(at: number): number {
    this.#depth--;
    if (this.#templates.at(-1) !== this.#depth) return at + 1;
    this.#templates.pop();
    return this.#template(at, "]");
  }

  #step(at: number): number {
    const text = this.#text;
    switch (text[at]) {
      case '"':
        return this.#string(at, ending(DOUBLE, text, at));
      case "'":
        return this.#string(at, ending(SINGLE, text, at));
      case "`":
        return this.#template(at, " ");
      case "/":
        return this.#slash(at);
      case "{":
        this.#depth++;
        return at + 1;
      case "}":
        return this.#closeBrace(at);
      default:
        return ending(PLAIN, text, at);
    }
  }

  code(): string {
    let at = 0;
    while (at < this.#text.length) at = this.#step(at);
    this.#pieces.push(this.#text.slice(this.#from));
    return this.#pieces.join("");
  }
}

/**
 * Blanks what is no code, so that names and brackets in comments and strings
 * do not count. Every line and place stays where it was.
 */
export function codeOnly(text: string): string {
  return new Blanks(text).code();
}

const CLOSES: Record<string, string> = { "(": ")", "[": "]", "{": "}" };

/** Code, and where its brackets close. */
export class Code {
  readonly text: string;
  /** Behind the closing bracket, by the place of the opening one. */
  readonly #ends = new Map<number, number>();

  /** @param text Made by {@linkcode codeOnly}. */
  constructor(text: string) {
    this.text = text;
    const open: { at: number; closer: string }[] = [];
    const bracket = /[()[\]{}]/g;
    while (bracket.test(text)) {
      const at = bracket.lastIndex - 1;
      const closer = CLOSES[text[at]!];
      if (closer !== undefined) open.push({ at, closer });
      else if (open.at(-1)?.closer === text[at]) {
        this.#ends.set(open.pop()!.at, at + 1);
      }
    }
  }

  /** Behind the bracket that closes the one at this place; the text's end if none does. */
  bracketEnd(at: number): number {
    return this.#ends.get(at) ?? this.text.length;
  }

  /** Behind white space. */
  afterSpace(at: number): number {
    return ending(/\s*/y, this.text, at);
  }

  /** Behind the expression of an arrow function without a block. */
  #expressionEnd(at: number): number {
    const next = /[([{)\]};,]/g;
    next.lastIndex = at;
    for (let found; (found = next.exec(this.text)) !== null;) {
      if (!(found[0] in CLOSES)) return found.index;
      next.lastIndex = this.bracketEnd(found.index);
    }
    return this.text.length;
  }

  /** Behind `<T extends { a: number }>`. */
  #typeParametersEnd(at: number): number {
    let depth = 0;
    const next = /=>|[<>([{]/g;
    next.lastIndex = at;
    for (let found; (found = next.exec(this.text)) !== null;) {
      const { 0: token, index } = found;
      if (token in CLOSES) next.lastIndex = this.bracketEnd(index);
      else if (token === "<") depth++;
      else if (token === ">" && --depth === 0) return index + 1;
    }
    return this.text.length;
  }

  /**
   * Behind the body of a function that begins with the text: parameters, maybe
   * a type, then a block or the expression of an arrow.
   */
  functionEnd(): number {
    const { text } = this;
    let at = NAME.exec(text)![0].length;
    if (text[at] === "<") at = this.#typeParametersEnd(at);
    const open = text.slice(at, at + 200).search(/[({]|=>/);
    if (open < 0) return text.length;
    at += open;
    if (text[at] === "(") at = this.bracketEnd(at);
    // A brace after one of these is a type's, not the body's.
    let typeFollows = false;
    const next = /=>|\S/g;
    next.lastIndex = at;
    for (let found; (found = next.exec(text)) !== null;) {
      const { 0: token, index } = found;
      if (token === "=>") {
        const body = this.afterSpace(index + 2);
        return text[body] === "{"
          ? this.bracketEnd(body)
          : this.#expressionEnd(body);
      }
      if (token === "{" && !typeFollows) return this.bracketEnd(index);
      if (token in CLOSES) next.lastIndex = this.bracketEnd(index);
      typeFollows = /[:|&,<]/.test(token);
    }
    return text.length;
  }
}

/** What may come before a function's parameters. */
const NAME = /^(?:async\b\s*)?(?:function\b\s*\*?)?\s*[\w$#]*\s*/;
