/**
 * Writes the template that new embedded databases are copied from: what
 * `initdb` makes, packed. `initdb` compiled to WebAssembly takes 6 s and more
 * of a core, at every first start and in every test; unpacking takes a tenth.
 *
 * To be run after each change of the PGlite version in deno.json:
 *
 *     deno run -A scripts/make_template.ts
 *
 * @module
 */
import { PGlite } from "@electric-sql/pglite";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";
import { TEMPLATE_VERSION, templateUrl } from "../src/db/_template.ts";

const compress = promisify(brotliCompress);

const db = await PGlite.create();
const { rows } = await db.query<{ version: string }>(
  "select version() as version",
);
const version = rows[0]?.version.match(/PGlite ([\d.]+)/)?.[1];
if (version !== TEMPLATE_VERSION) {
  console.error(
    `TEMPLATE_VERSION of src/db/_template.ts says ${TEMPLATE_VERSION}, and this is PGlite ${version}: set it first`,
  );
  Deno.exit(1);
}
await db.exec("checkpoint");
const tar = await db.dumpDataDir("none");
await db.close();
const bytes = new Uint8Array(await tar.arrayBuffer());
const packed = await compress(bytes, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    // The three databases of a new cluster are nearly the same: the window
    // must reach from one to the next.
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  },
});
await Deno.mkdir(new URL(".", templateUrl), { recursive: true });
await Deno.writeFile(templateUrl, packed);
console.log(
  `${templateUrl.pathname}: ${bytes.length} bytes packed into ${packed.length}`,
);
