import type { ScanResult } from "./types.ts";

/** Puts a result as JSON: what {@linkcode ScanResult} says, and a version. */
export function formatJson(result: ScanResult): string {
  return `${JSON.stringify({ version: 1, ...result }, null, 2)}\n`;
}
