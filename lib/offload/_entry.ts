/** The toolkit's own folder. */
const toolkit = new URL("../", import.meta.url).href;

/**
 * The file that a thread of the toolkit starts from.
 *
 * In the packed toolkit every module is JavaScript, but what
 * `new URL("./x.ts", import.meta.url)` names is not rewritten, and Deno does
 * not transpile what lies under `node_modules`. There `x.js` is beside it, if
 * somebody imports the entry, if only its types: `import type {} from
 * "./x.ts"`. Entries outside the toolkit are left alone.
 *
 * @param entry As the toolkit's modules name it.
 * @param own URL of this module; another one in tests.
 */
export function entryFile(entry: URL, own: string = import.meta.url): URL {
  const { href } = entry;
  const packed = own.endsWith(".js");
  if (!packed || !href.startsWith(toolkit) || !href.endsWith(".ts")) {
    return entry;
  }
  return new URL(`${href.slice(0, -".ts".length)}.js`);
}
