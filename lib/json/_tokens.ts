/** A fault at an offset of the bytes at hand; the reader makes a position of it. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";
  readonly offset: number;

  constructor(detail: string, offset: number) {
    super(detail);
    this.offset = offset;
  }
}

/** The bytes end inside the token. */
export const INCOMPLETE = -1;

const QUOTE = 34;
const BACKSLASH = 92;
const U = 117;
const ESCAPES = new Set(Array.from('"\\/bfnrt', (c) => c.charCodeAt(0)));
const LITERALS = ["true", "false", "null"];
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/** Where white space ends. */
export function skipSpace(bytes: Uint8Array, start: number): number {
  let i = start;
  for (;;) {
    const byte = bytes[i];
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return i;
    i++;
  }
}

/** How a byte is called in a message. */
export function nameOf(byte: number | undefined): string {
  if (byte === undefined) return "the end of the file";
  return byte > 32 && byte < 127
    ? `"${String.fromCharCode(byte)}"`
    : `byte 0x${byte.toString(16).padStart(2, "0")}`;
}

function isHex(byte: number | undefined): boolean {
  return byte !== undefined && /[0-9a-fA-F]/.test(String.fromCharCode(byte));
}

/**
 * Checks a string, which starts at `start`.
 *
 * @returns The offset after it, or {@linkcode INCOMPLETE}.
 * @throws {JsonFault} It is broken.
 */
export function stringEnd(bytes: Uint8Array, start: number): number {
  for (let i = start + 1; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) return i + 1;
    if (byte < 32) {
      throw new JsonFault(
        `control character 0x${
          byte.toString(16).padStart(2, "0")
        } in a string (is its closing quote missing?)`,
        i,
      );
    }
    if (byte !== BACKSLASH) continue;
    const escape = bytes[++i];
    if (escape === undefined) return INCOMPLETE;
    if (ESCAPES.has(escape)) continue;
    if (escape !== U) throw new JsonFault("unknown escape in a string", i - 1);
    for (let digit = 0; digit < 4; digit++) {
      if (++i >= bytes.length) return INCOMPLETE;
      if (!isHex(bytes[i])) {
        throw new JsonFault("broken \\u escape in a string", i);
      }
    }
  }
  return INCOMPLETE;
}

/**
 * Checks a number, `true`, `false` or `null`, which starts at `start`.
 *
 * @param last Nothing comes after these bytes.
 * @returns The offset after it, or {@linkcode INCOMPLETE}.
 * @throws {JsonFault} It is none of them.
 */
export function scalarEnd(
  bytes: Uint8Array,
  start: number,
  last: boolean,
): number {
  let end = start;
  let word = "";
  for (; end < bytes.length; end++) {
    const character = String.fromCharCode(bytes[end]!);
    if (!/[0-9a-zA-Z+.\-]/.test(character)) break;
    word += character;
  }
  if (word === "") {
    throw new JsonFault(`unexpected ${nameOf(bytes[start])}`, start);
  }
  if (end === bytes.length && !last) return INCOMPLETE;
  if (LITERALS.includes(word) || NUMBER.test(word)) return end;
  const shown = word.length > 40 ? `${word.slice(0, 40)}…` : word;
  throw new JsonFault(`"${shown}" is no JSON value`, start);
}
