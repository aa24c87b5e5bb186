import {
  INCOMPLETE,
  JsonFault,
  nameOf,
  scalarEnd,
  skipSpace,
  stringEnd,
} from "./_tokens.ts";

/** What may come next. */
type Expected =
  | "value"
  | "value or ]"
  | "key or }"
  | "key"
  | ":"
  | ", or ]"
  | ", or }"
  | "end";

const MAX_DEPTH = 10_000;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const COMMA = 44;
const COLON = 58;
const QUOTE = 34;

/** Follows the grammar of JSON from token to token, in any pieces. */
export class Grammar {
  expected: Expected = "value";
  /** Open containers: `true` is an object. */
  readonly #open: boolean[] = [];

  /** Number of open containers. */
  get depth(): number {
    return this.#open.length;
  }

  /** A value may start here. */
  get atValue(): boolean {
    return this.expected === "value" || this.expected === "value or ]";
  }

  /**
   * Takes the token at `start`, where white space has ended.
   *
   * @param last Nothing comes after these bytes.
   * @returns The offset after it, or {@linkcode INCOMPLETE}.
   * @throws {JsonFault} It cannot stand here, or is broken.
   */
  take(bytes: Uint8Array, start: number, last: boolean): number {
    const byte = bytes[start];
    if (byte === undefined) return INCOMPLETE;
    switch (this.expected) {
      case "value or ]":
        if (byte === CLOSE_ARRAY) return this.#close(start);
        return this.#value(bytes, start, last);
      case "value":
        return this.#value(bytes, start, last);
      case "key or }":
        if (byte === CLOSE_OBJECT) return this.#close(start);
        return this.#key(bytes, start);
      case "key":
        return this.#key(bytes, start);
      case ":":
        if (byte !== COLON) throw this.#unexpected(byte, start);
        this.expected = "value";
        return start + 1;
      case ", or ]":
      case ", or }": {
        const inObject = this.expected === ", or }";
        if (byte === (inObject ? CLOSE_OBJECT : CLOSE_ARRAY)) {
          return this.#close(start);
        }
        if (byte !== COMMA) throw this.#unexpected(byte, start);
        this.expected = inObject ? "key" : "value";
        return start + 1;
      }
      case "end":
        throw new JsonFault(
          `${nameOf(byte)} after the end of the JSON`,
          start,
        );
    }
  }

  /** A whole value has been taken by other means. */
  valueDone(): void {
    const inObject = this.#open.at(-1);
    this.expected = inObject === undefined
      ? "end"
      : inObject
      ? ", or }"
      : ", or ]";
  }

  #value(bytes: Uint8Array, start: number, last: boolean): number {
    const byte = bytes[start]!;
    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (this.#open.length === MAX_DEPTH) {
        throw new JsonFault(`nested deeper than ${MAX_DEPTH} levels`, start);
      }
      this.#open.push(byte === OPEN_OBJECT);
      this.expected = byte === OPEN_OBJECT ? "key or }" : "value or ]";
      return start + 1;
    }
    // Commas and brackets are better told as what they are.
    if (
      byte === COMMA || byte === COLON || byte === CLOSE_ARRAY ||
      byte === CLOSE_OBJECT
    ) throw this.#unexpected(byte, start);
    const end = byte === QUOTE
      ? stringEnd(bytes, start)
      : scalarEnd(bytes, start, last);
    if (end !== INCOMPLETE) this.valueDone();
    return end;
  }

  #key(bytes: Uint8Array, start: number): number {
    if (bytes[start] !== QUOTE) throw this.#unexpected(bytes[start], start);
    const end = stringEnd(bytes, start);
    if (end !== INCOMPLETE) this.expected = ":";
    return end;
  }

  #close(start: number): number {
    this.#open.pop();
    this.valueDone();
    return start + 1;
  }

  #unexpected(byte: number | undefined, start: number): JsonFault {
    const wanted = this.expected === "value" || this.expected === "key"
      ? `a ${this.expected}`
      : this.expected;
    return new JsonFault(`${nameOf(byte)} where ${wanted} belongs`, start);
  }
}

/**
 * Looks for what is wrong with one value, which should reach to the end.
 *
 * @returns The fault, {@linkcode INCOMPLETE} if the bytes end inside the value,
 *   or `undefined` if a whole good value is there.
 */
export function findFault(
  bytes: Uint8Array,
  start: number,
): JsonFault | typeof INCOMPLETE | undefined {
  const grammar = new Grammar();
  let at = start;
  try {
    while (grammar.expected !== "end") {
      at = grammar.take(bytes, skipSpace(bytes, at), true);
      if (at === INCOMPLETE) return INCOMPLETE;
    }
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
  return at < bytes.length
    ? new JsonFault(`unexpected ${nameOf(bytes[at])} in a value`, at)
    : undefined;
}
