/** Reading and writing whole files: off the loop, but for what is copied. */
import type { BlockingSize } from "@loophound/toolkit/blocking_apis";
import { type NamedFact, sameFact } from "./_fact.ts";

const READ_STREAM = "Stream it: read `(await Deno.open(path)).readable`.";
const NODE_STREAM = "Stream it with createReadStream().";
const WRITE_STREAM =
  "Stream it: pipe into `(await Deno.create(path)).writable`.";

function reads(
  module: NamedFact["module"],
  names: readonly string[],
  why: string,
  instead: string,
): NamedFact[] {
  const size: BlockingSize = {
    of: "result",
    over: 5_000_000,
    unit: "bytes",
  };
  return sameFact(module, names, {
    nature: "in_name_only",
    kind: "cpu",
    size,
    why,
    instead,
  });
}

function writes(
  module: NamedFact["module"],
  name: string,
  why: string,
): NamedFact {
  return {
    module,
    name,
    nature: "in_name_only",
    kind: "cpu",
    size: { of: 1, over: 5_000_000, unit: "bytes" },
    why,
    instead: WRITE_STREAM,
  };
}

export const largeFiles: readonly NamedFact[] = [
  ...reads(
    "Deno",
    ["readFile"],
    "Reads off the loop and copies the bytes on it: about 1 ms per MB.",
    READ_STREAM,
  ),
  ...reads(
    "Deno",
    ["readTextFile"],
    "Reads off the loop and decodes the text on it: 1 to 2 ms per MB.",
    READ_STREAM,
  ),
  writes(
    "Deno",
    "writeFile",
    "Copies the bytes on the loop and writes them off it: about 1 ms per MB.",
  ),
  writes(
    "Deno",
    "writeTextFile",
    "Encodes the text on the loop and writes it off it: 1 to 2 ms per MB.",
  ),
  ...reads(
    "node:fs",
    ["readFile"],
    "Reads off the loop and copies or decodes on it: 1 ms per MB, 2 to 3 as text.",
    NODE_STREAM,
  ),
  ...reads(
    "node:fs/promises",
    ["readFile"],
    "With an encoding it decodes the text on the loop, 2 to 3 ms per MB; bytes cost 0.1.",
    NODE_STREAM,
  ),
  writes(
    "node:fs/promises",
    "writeFile",
    "Encodes a text on the loop, 1 ms per MB; bytes cost 0.1.",
  ),
  {
    module: "node:fs",
    name: "openAsBlob",
    nature: "in_name_only",
    kind: "cpu",
    why:
      "Reads the whole file and copies it on the loop: 100 MB held it 154 ms.",
    instead: NODE_STREAM,
  },
];
