/** The door of a part: exports again what others have, under other names. */
import * as fs from "node:fs";

export { readTemplate as loadTemplate } from "./_files.ts";

const readers = { bytes: fs.readFileSync, length: fs.statSync };

/** Chosen by a value: no tool that only reads the source knows which. */
export function pick(name: "bytes"): typeof fs.readFileSync {
  return readers[name];
}
