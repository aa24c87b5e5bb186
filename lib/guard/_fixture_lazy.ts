import { lstatSync } from "node:fs";

export function lazily() {
  return lstatSync("."); // reports node:fs.lstatSync
}
