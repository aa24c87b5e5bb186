/**
 * Just enough of JavaScript's grammar to find where functions end and what in
 * a text is code: strings, comments, templates, regular expressions, brackets.
 * Types are left in.
 *
 * @module
 */
const OPENS: Record<string, string> = { "(": ")", "[": "]", "{": "}" };
/** After one of these a slash begins a regular expression. */
const BEFORE_REGEX =
  /(?:^|[=(,:;!&|?{}[\]+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|delete|await|yield))\s*$/;

export function offsetOf(text: string, line: number, column: number): number {
  let offset = 0;
  for (let i = 1; i < line; i++) {
    const next = text.indexOf("\n", offset);
    if (next < 0) return text.length;
    offset = next + 1;
  }
  return offset + column - 1;
}

/** The end of a string, comment, template or regular expression that begins here, else the place itself. */
function skip(text: string, at: number): number {
  const char = text[at];
  if (char === '"' || char === "'") return stringEnd(text, at, char);
  if (char === "`") return templateEnd(text, at);
  if (char !== "/") return at;
  const next = text[at + 1];
  if (next === "/") {
    const end = text.indexOf("\n", at);
    return end < 0 ? text.length : end;
  }
  if (next === "*") {
    const end = text.indexOf("*/", at + 2);
    return end < 0 ? text.length : end + 2;
  }
  if (!BEFORE_REGEX.test(text.slice(Math.max(0, at - 20), at))) return at;
  return regexEnd(text, at);
}

function stringEnd(text: string, at: number, quote: string): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote || text[i] === "\n") return i + 1;
  }
  return text.length;
}

function templateEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "`") return i + 1;
    else if (text[i] === "$" && text[i + 1] === "{") {
      i = bracketEnd(text, i + 1) - 1;
    }
  }
  return text.length;
}

function regexEnd(text: string, at: number): number {
  let inClass = false;
  for (let i = at + 1; i < text.length && text[i] !== "\n"; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "[") inClass = true;
    else if (text[i] === "]") inClass = false;
    else if (text[i] === "/" && !inClass) return i + 1;
  }
  return at;
}

/** Behind the bracket that closes the one at this place. */
export function bracketEnd(text: string, at: number): number {
  const closers = [OPENS[text[at]!]];
  let i = at + 1;
  while (i < text.length && closers.length > 0) {
    const behind = skip(text, i);
    if (behind > i) {
      i = behind;
      continue;
    }
    const char = text[i]!;
    if (char in OPENS) closers.push(OPENS[char]);
    else if (char === closers.at(-1)) closers.pop();
    i++;
  }
  return i;
}

/** Behind the expression of an arrow function without a block. */
function expressionEnd(text: string, at: number): number {
  let i = at;
  while (i < text.length) {
    const behind = skip(text, i);
    if (behind > i) {
      i = behind;
      continue;
    }
    const char = text[i]!;
    if (char in OPENS) i = bracketEnd(text, i);
    else if (/[)\]};,]/.test(char)) return i;
    else i++;
  }
  return i;
}

/** What may come before a function's parameters. */
const NAME = /^(?:async\b\s*)?(?:function\b\s*\*?)?\s*[\w$#]*\s*/;

/** Behind `<T extends { a: number }>`. */
function typeParametersEnd(text: string, at: number): number {
  let depth = 0;
  let i = at;
  while (i < text.length) {
    const char = text[i]!;
    if (char === "<") depth++;
    else if (char === ">" && text[i - 1] !== "=" && --depth === 0) return i + 1;
    i = char in OPENS ? bracketEnd(text, i) : i + 1;
  }
  return i;
}

/**
 * Behind the body of a function that begins here: parameters, maybe a type,
 * then a block or the expression of an arrow.
 */
export function functionEnd(text: string, start: number): number {
  let i = start + NAME.exec(text.slice(start, start + 300))![0].length;
  if (text[i] === "<") i = typeParametersEnd(text, i);
  const open = text.slice(i, i + 200).search(/[({]|=>/);
  if (open < 0) return text.length;
  i += open;
  if (text[i] === "(") i = bracketEnd(text, i);
  // A brace after one of these is a type's, not the body's.
  let typeFollows = false;
  while (i < text.length) {
    const behind = skip(text, i);
    if (behind > i) {
      i = behind;
      continue;
    }
    const char = text[i]!;
    if (char === "=" && text[i + 1] === ">") {
      const body = i + 2 + /^\s*/.exec(text.slice(i + 2, i + 500))![0].length;
      return text[body] === "{"
        ? bracketEnd(text, body)
        : expressionEnd(text, body);
    }
    if (char === "{" && !typeFollows) return bracketEnd(text, i);
    if (char in OPENS) {
      i = bracketEnd(text, i);
      typeFollows = false;
      continue;
    }
    if (!/\s/.test(char)) typeFollows = /[:|&,<]/.test(char);
    i++;
  }
  return i;
}

const blank = (text: string) => text.replaceAll(/[^\n]/g, " ");

/** Blanks what is no code, so that names in comments and strings do not count. */
export function codeOnly(text: string): string {
  let out = "";
  let i = 0;
  while (i < text.length) {
    const behind = skip(text, i);
    if (behind === i) out += text[i++];
    else {
      const part = text.slice(i, behind);
      // What stands in brackets is a name: `fs["readFileSync"]`.
      const isName = out.endsWith("[") && text[behind] === "]" &&
        /^(["'])[\w$]+\1$/.test(part);
      if (isName) out += part.slice(1, -1);
      else out += text[i] === "`" ? templateCode(part) : blank(part);
      i = behind;
    }
  }
  return out;
}

/** What is code in a template: its expressions. */
function templateCode(text: string): string {
  let out = "";
  let i = 0;
  while (i < text.length) {
    if (text[i] === "\\") {
      out += blank(text.slice(i, i + 2));
      i += 2;
    } else if (text[i] === "$" && text[i + 1] === "{") {
      const behind = bracketEnd(text, i + 1);
      out += ` ${codeOnly(text.slice(i + 1, behind))}`;
      i = behind;
    } else out += blank(text[i++]!);
  }
  return out;
}
