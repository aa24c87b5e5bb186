import { defineTask } from "@loophound/toolkit/offload";
import { dirname } from "node:path";
import { hashFile } from "../hash_file.ts";

/** The class of threads that takes uploads in. */
const threadClass = "spool";

/** Bytes to be put at the end of a file. */
export interface AppendInput {
  path: string;
  /** Where they belong: the file's size so far. 0 makes the file. */
  offset: number;
  /**
   * A buffer, not a view: in Deno 2.9.6 a view posted to a `node:` worker is
   * walked element by element where it arrives (1 MiB: 200 ms; a buffer 1 ms).
   */
  bytes: ArrayBuffer;
}

/** Writes bytes to a file. */
export const appendBytes = defineTask({
  name: "appendBytes",
  module: import.meta.url,
  threadClass,
  async run({ path, offset, bytes }: AppendInput): Promise<void> {
    using file = await Deno.open(path, {
      write: true,
      createNew: offset === 0,
      mode: 0o600,
    });
    await file.seek(offset, Deno.SeekMode.Start);
    for (let rest = new Uint8Array(bytes); rest.byteLength > 0;) {
      rest = rest.subarray(await file.write(rest));
    }
  },
});

/** Hashes a file that is whole and sees to it that it outlives a power cut. */
export const sealFile = defineTask({
  name: "sealFile",
  module: import.meta.url,
  threadClass,
  async run(path: string, { signal }): Promise<string> {
    const sha256 = await hashFile(path, { signal });
    for (const name of [path, dirname(path)]) {
      using file = await Deno.open(name);
      await file.sync();
    }
    return sha256;
  },
});
