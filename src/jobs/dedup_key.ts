import { createHash } from "node:crypto";
import type { LoadRequest } from "./types.ts";

/** The value with the keys of all its objects in order. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
      .map(([key, item]) => [key, sorted(item)]),
  );
}

/**
 * Says which loads are the same: of two with one key, only one is queued or
 * running at a time. Bytes are compared by their hash where it is known, else
 * by path, size and time of change on one host.
 *
 * @param host Who can read the path: the same path is another file elsewhere.
 * @returns SHA-256 in hexadecimal.
 */
export function dedupKey(request: LoadRequest, host: string): string {
  const { source, fields, dryRun, sample, file } = request;
  const content = file === undefined
    ? null
    : file.sha256 !== undefined
    ? { sha256: file.sha256 }
    : {
      host,
      path: file.path,
      bytes: file.bytes,
      modifiedMs: file.modifiedMs ?? null,
    };
  const text = JSON.stringify(
    sorted({ source, fields, dryRun, sample, content }),
  );
  return createHash("sha256").update(text).digest("hex");
}
