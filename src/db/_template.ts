// deno-lint-ignore-file loophound/no-async-in-name-only -- runs in the database's thread
import { unpackTar } from "modern-tar/fs";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";

/** The PGlite that made the template; deno.json pins the same. */
export const TEMPLATE_VERSION = "0.5.16";

/** The packed template, made by `scripts/make_template.ts`. */
export const templateUrl: URL = new URL(
  `./template/pglite-${TEMPLATE_VERSION}.tar.br`,
  import.meta.url,
);

/**
 * Fills a folder with a new, empty database: 40 MB.
 *
 * @throws {Error} The template cannot be read, as when the program was
 * installed without it, or the folder not be written.
 */
export async function unpackTemplate(folder: string): Promise<void> {
  await pipeline(
    createReadStream(templateUrl),
    // loophound-allow node:zlib.createBrotliDecompress: on the loop only with THREADS=inline, where the host has no threads
    createBrotliDecompress(),
    unpackTar(folder),
  );
}
