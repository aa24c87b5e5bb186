import type { BlockingSize } from "@loophound/toolkit/blocking_apis";

/**
 * Measures a value as the list does.
 *
 * @returns Length, bytes or number; null where it cannot be told cheaply.
 */
export function sizeOf(value: unknown): number | null {
  switch (typeof value) {
    case "string":
      return value.length;
    case "number":
      return value;
    case "bigint":
      return Number(value);
    case "undefined":
      return 0;
    case "object":
      if (value === null) return 0;
      if (Array.isArray(value)) return value.length;
      if (ArrayBuffer.isView(value)) return value.byteLength;
      return value instanceof ArrayBuffer || value instanceof SharedArrayBuffer
        ? value.byteLength
        : null;
    default:
      return null;
  }
}

/** Size of a call before it runs; null where it shows afterwards or never. */
export function sizeBefore(
  size: BlockingSize,
  self: unknown,
  args: readonly unknown[],
): number | null {
  const { of } = size;
  if (of === "result") return null;
  return sizeOf(of === "this" ? self : args[of]);
}
