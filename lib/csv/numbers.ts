import { DOT } from "./_bytes.ts";

/** What is wrong with a number, or `undefined`. */
export type NumberFault =
  | "not a number"
  | "not a finite number"
  | "not an integer"
  | "integer out of range";

const PLUS = 43;
const MINUS = 45;
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;
/** Without an exponent, this many digits can neither overflow nor underflow. */
const SAFE_DIGITS = 300;

function ascii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/**
 * Checks that bytes are a decimal number that PostgreSQL's `double precision`
 * takes: `-1.5`, `.5`, `5.`, `6e-7`; no spaces, no hexadecimal. A number that
 * overflows, or is so small that it would become 0, is not finite here,
 * because PostgreSQL refuses both.
 *
 * @param bytes The bytes that hold the number.
 * @param start Offset of its first byte.
 * @param end Offset after its last byte.
 * @returns What is wrong with it, or `undefined`.
 */
export function floatFault(
  bytes: Uint8Array,
  start: number,
  end: number,
): NumberFault | undefined {
  let i = start;
  if (bytes[i] === MINUS || bytes[i] === PLUS) i++;
  let from = i;
  // Digits are 0x30 to 0x39; a digit's low bits are its value.
  while (i < end && (bytes[i]! ^ 48) < 10) i++;
  let digits = i - from;
  if (i < end && bytes[i] === DOT) {
    from = ++i;
    while (i < end && (bytes[i]! ^ 48) < 10) i++;
    digits += i - from;
  }
  if (digits === 0) {
    return end - start <= 9 && NOT_FINITE.test(ascii(bytes, start, end))
      ? "not a finite number"
      : "not a number";
  }
  const mantissaEnd = i;
  if (i < end && (bytes[i]! | 32) === 101) {
    i++;
    if (bytes[i] === MINUS || bytes[i] === PLUS) i++;
    from = i;
    while (i < end && (bytes[i]! ^ 48) < 10) i++;
    if (i === from) return "not a number";
  }
  if (i !== end) return "not a number";
  if (i === mantissaEnd && digits <= SAFE_DIGITS) return undefined;
  const value = Number(ascii(bytes, start, end));
  const isZero = !/[1-9]/.test(ascii(bytes, start, mantissaEnd));
  return Number.isFinite(value) && (value !== 0 || isZero)
    ? undefined
    : "not a finite number";
}

/**
 * Checks that bytes are a decimal integer of at most `bits` bits, as
 * PostgreSQL's `integer` (32) and `bigint` (64) take it.
 *
 * @param bytes The bytes that hold the number.
 * @param start Offset of its first byte.
 * @param end Offset after its last byte.
 * @param bits 32 or 64.
 * @returns What is wrong with it, or `undefined`.
 */
export function integerFault(
  bytes: Uint8Array,
  start: number,
  end: number,
  bits: 32 | 64,
): NumberFault | undefined {
  let i = start;
  const signed = bytes[i] === MINUS || bytes[i] === PLUS;
  if (signed) i++;
  if (i >= end) return "not an integer";
  for (let at = i; at < end; at++) {
    if ((bytes[at]! ^ 48) >= 10) return "not an integer";
  }
  while (i < end - 1 && bytes[i] === 48) i++;
  if (end - i <= (bits === 32 ? 9 : 18)) return undefined;
  if (end - i > 19) return "integer out of range";
  const size = BigInt(ascii(bytes, i, end));
  const value = bytes[start] === MINUS ? -size : size;
  return BigInt.asIntN(bits, value) === value
    ? undefined
    : "integer out of range";
}

/**
 * Tells whether bytes are a finite decimal number: {@linkcode floatFault}.
 *
 * @param bytes The bytes that hold the number.
 * @param start Offset of its first byte.
 * @param end Offset after its last byte.
 * @returns `true` if PostgreSQL takes it as a finite `double precision`.
 *
 * @example Usage
 * ```ts
 * import { isFiniteNumber } from "@loophound/toolkit/csv";
 * import assert from "node:assert/strict";
 *
 * const bytes = new TextEncoder().encode("1.5,NaN,1e999");
 * assert.equal(isFiniteNumber(bytes, 0, 3), true);
 * assert.equal(isFiniteNumber(bytes, 4, 7), false);
 * assert.equal(isFiniteNumber(bytes, 8, 13), false);
 * ```
 */
export function isFiniteNumber(
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  return floatFault(bytes, start, end) === undefined;
}
