/** Small programs in memory, and what is found in them as lines of text. */
import { memoryHost } from "./_host.ts";
import { scan } from "./scan.ts";
import type { ScanOptions, ScanResult } from "./types.ts";

/** Files by path below `/app`. A text alone is `main.ts`. */
export type Files = string | Readonly<Record<string, string>>;

/** Scans a program; all its files are given to the scan. */
export async function scanProgram(
  files: Files,
  { paths = ["."], ...options }: ScanOptions & { paths?: string[] } = {},
): Promise<ScanResult> {
  const all = typeof files === "string" ? { "main.ts": files } : files;
  const host = memoryHost(
    Object.fromEntries(
      Object.entries(all).map(([path, text]) => [`/app/${path}`, text]),
    ),
  );
  return await scan(paths, { root: "/app", host, ...options });
}

/** `GET /x: handler > load > Deno.statSync` */
export function told({ findings }: ScanResult): string[] {
  return findings.map(({ entry, path, api }) =>
    `${entry.label}: ${
      [...path.map((step) => step.function), api.id].join(" > ")
    }`
  );
}

/** What is found in a program. */
export async function found(
  files: Files,
  options: ScanOptions & { paths?: string[] } = {},
): Promise<string[]> {
  return told(await scanProgram(files, options));
}

/** A program that serves with a function, after some code. */
export function serving(code: string, call = "run()"): string {
  return `${code}\nDeno.serve(() => new Response(String(${call})));\n`;
}
