// deno-lint-ignore-file loophound/no-async-in-name-only -- a script serves nobody meanwhile
import { dirname } from "node:path";

const FLUSH_CHARACTERS = 1 << 17;

async function* chunks(
  lines: Iterable<string>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const encoder = new TextEncoder();
  let text = "";
  for (const line of lines) {
    text += line;
    if (text.length < FLUSH_CHARACTERS) continue;
    yield encoder.encode(text);
    text = "";
  }
  if (text !== "") yield encoder.encode(text);
}

/**
 * Writes lines to a file, gzip if its name ends in `.gz`. Holds one chunk at
 * a time; the disk sets the pace.
 *
 * @returns The size of the file in bytes.
 */
export async function writeLines(
  path: string,
  lines: Iterable<string>,
): Promise<number> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const bytes = ReadableStream.from(chunks(lines));
  const file = await Deno.open(path, {
    write: true,
    create: true,
    truncate: true,
  });
  // The stream closes the file, also when it fails.
  await (path.endsWith(".gz")
    ? bytes.pipeThrough(new CompressionStream("gzip"))
    : bytes).pipeTo(file.writable);
  return (await Deno.stat(path)).size;
}
