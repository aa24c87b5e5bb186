/** A synchronous API that the running Deno was found to have. */
export interface FoundApi {
  module: "Deno" | "global" | `node:${string}`;
  /** `readFileSync`, `FsFile.prototype.readSync`, `stdin.readSync`. */
  name: string;
}

/** `node:fs.readFileSync`, `Deno.openSync`; globals go by their name alone. */
export function idOf(module: string, name: string): string {
  return module === "global" ? name : `${module}.${name}`;
}
