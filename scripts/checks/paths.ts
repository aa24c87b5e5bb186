import { fileURLToPath } from "node:url";

/** A `file:` URL of a folder as a path without a trailing slash. */
export function fromFileUrl(url: URL): string {
  return fileURLToPath(url).replace(/\/$/, "");
}
