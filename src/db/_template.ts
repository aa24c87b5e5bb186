// deno-lint-ignore-file loophound/no-async-in-name-only -- runs in the database's thread
import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";

/** The PGlite that made the template; deno.json pins the same. */
export const TEMPLATE_VERSION = "0.5.16";

/** The packed template, made by `scripts/make_template.ts`. */
export const templateUrl: URL = new URL(
  `./template/pglite-${TEMPLATE_VERSION}.tar.br`,
  import.meta.url,
);

const decompress = promisify(brotliDecompress);

/**
 * A new, empty database as a tar, for `loadDataDir` of PGlite.
 *
 * @throws {Error} The file cannot be read, as when the program was installed
 * without it.
 */
export async function readTemplate(): Promise<Blob> {
  const tar = await decompress(await Deno.readFile(templateUrl));
  return new Blob([new Uint8Array(tar)], { type: "application/x-tar" });
}
