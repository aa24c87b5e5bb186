/** Helpers that read files. */
import { readFileSync } from "node:fs";
import { pause } from "./_work.ts";

export function readBlank(): number {
  return readFileSync("blank.bin").length; // culprit: file_helper
}

export async function readTemplate(): Promise<number> {
  await pause(1);
  return readFileSync("blank.bin").length; // culprit: file_re_export
}

export async function readLater(): Promise<number> {
  const path = await pause(2).then(() => "blank.bin");
  return readFileSync(path).length; // culprit: file_continuation
}
