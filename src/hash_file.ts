import { createHash } from "node:crypto";

/**
 * SHA-256 of a file in hexadecimal. Hashing is CPU work: call it in a thread.
 *
 * @throws The signal's reason when it is aborted.
 */
export async function hashFile(
  path: string,
  options: { signal?: AbortSignal } = {},
): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  const chunk = new Uint8Array(1 << 20);
  for (;;) {
    options.signal?.throwIfAborted();
    const read = await file.read(chunk);
    if (read === null) return hash.digest("hex");
    hash.update(chunk.subarray(0, read));
  }
}
