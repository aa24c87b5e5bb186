import type { BlockingApi } from "@loophound/toolkit/blocking_apis";

/**
 * The generated module: one API a line, so that a change is one line.
 *
 * @param deno The version of Deno that was looked at.
 */
export function renderModule(
  apis: readonly BlockingApi[],
  deno: string,
): string {
  const lines = apis.map((api) => `  ${JSON.stringify(api)},`);
  return `// Written by scripts/blocking_apis.ts from the running Deno. Do not edit.
// deno-fmt-ignore-file
import type { BlockingApi } from "./types.ts";

/** The version of Deno whose APIs these are. */
export const LISTED_DENO_VERSION = ${JSON.stringify(deno)};

/** Every API known to hold the loop, by module and name. */
export const blockingApis: readonly BlockingApi[] = [
${lines.join("\n")}
];
`;
}
