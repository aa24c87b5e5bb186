import { isBuiltin } from "node:module";
import { posix } from "node:path";
import type { Config, ImportMap } from "./_config.ts";

/** Where an import leads. */
export type Target =
  /** A file of one's own; absolute. */
  | { kind: "file"; path: string }
  /** `node:fs`. */
  | { kind: "builtin"; module: string }
  /** A package, which is not followed: `hono`, `@electric-sql/pglite/worker`. */
  | { kind: "package"; name: string };

/** What packages go by in another registry. */
const SAME_PACKAGE: Readonly<Record<string, string>> = {
  "@hono/hono": "hono",
};

/** Package and path of `@scope/name@1.2.3/sub/path`. */
function packageName(address: string): string {
  const match = /^\/?((?:@[^/@]+\/)?[^/@]+)(?:@[^/]*)?(\/.*)?$/.exec(address);
  if (match === null) return address;
  const name = SAME_PACKAGE[match[1]!] ?? match[1]!;
  return `${name}${match[2] ?? ""}`.replace(/\/$/, "");
}

function lookUp(map: ImportMap, specifier: string): string | undefined {
  const exact = map[specifier];
  if (exact !== undefined) return exact;
  let best = "";
  for (const name of Object.keys(map)) {
    if (
      name.endsWith("/") && specifier.startsWith(name) &&
      name.length > best.length
    ) best = name;
  }
  if (best !== "") return `${map[best]}${specifier.slice(best.length)}`;
  // As Deno does: `"hono": "npm:hono@4"` serves `hono/factory` too.
  for (const [name, address] of Object.entries(map)) {
    if (specifier.startsWith(`${name}/`) && /^(?:npm|jsr):/.test(address)) {
      return `${address}${specifier.slice(name.length)}`;
    }
  }
  return undefined;
}

function mapped(config: Config, specifier: string, from: string): string {
  for (const { within, imports } of config.scopes) {
    if (from === within || within.endsWith("/") && from.startsWith(within)) {
      const found = lookUp(imports, specifier);
      if (found !== undefined) return found;
    }
  }
  const member = config.members.find(({ folder }) =>
    from.startsWith(`${folder}/`)
  );
  return (member && lookUp(member.imports, specifier)) ??
    lookUp(config.imports, specifier) ?? specifier;
}

function fromWorkspace(config: Config, specifier: string): string | undefined {
  for (const { name, exports } of config.members) {
    if (name === undefined) continue;
    if (specifier === name) return exports.get(".");
    if (specifier.startsWith(`${name}/`)) {
      return exports.get(`./${specifier.slice(name.length + 1)}`);
    }
  }
  return undefined;
}

/**
 * Resolves an import as Deno does: workspace, scopes, import map, address.
 * Which of the candidates of a file exists is the caller's to find out.
 *
 * @param from Absolute path of the importing file.
 */
export function resolveImport(
  config: Config,
  specifier: string,
  from: string,
): Target {
  const address = mapped(config, specifier, from);
  if (/^\.{1,2}(?:\/|$)/.test(address)) {
    return { kind: "file", path: posix.resolve(posix.dirname(from), address) };
  }
  if (address.startsWith("/")) return { kind: "file", path: address };
  if (address.startsWith("file://")) {
    return {
      kind: "file",
      path: decodeURIComponent(new URL(address).pathname),
    };
  }
  if (address.startsWith("node:")) return { kind: "builtin", module: address };
  const member = fromWorkspace(
    config,
    address.replace(/^(?:jsr|npm):\/?((?:@[^/@]+\/)?[^/@]+)(?:@[^/]*)?/, "$1"),
  );
  if (member !== undefined) return { kind: "file", path: member };
  const scheme = /^(npm|jsr):/.exec(address);
  if (scheme !== null) {
    return { kind: "package", name: packageName(address.slice(4)) };
  }
  if (/^https?:/.test(address)) {
    // https://deno.land/x/hono@v4.3.1/mod.ts, https://esm.sh/hono@4
    const { pathname } = new URL(address);
    const name = /^\/(?:x\/|v\d+\/)?((?:@[^/@]+\/)?[^/@]+)/.exec(pathname)?.[1];
    return { kind: "package", name: name ?? address };
  }
  if (isBuiltin(address)) return { kind: "builtin", module: `node:${address}` };
  return { kind: "package", name: packageName(address) };
}

/** Paths that an import may mean: as it stands first, as Deno wants it. */
export function fileCandidates(path: string): string[] {
  const candidates = [path];
  const script = /\.([cm]?)jsx?$/.exec(path);
  if (script !== null) {
    const stem = path.slice(0, script.index);
    candidates.push(`${stem}.${script[1]}ts`, `${stem}.tsx`);
  }
  for (const ending of [".ts", ".tsx", ".mts", ".js", ".jsx", ".mjs"]) {
    candidates.push(`${path}${ending}`);
  }
  candidates.push(`${path}/mod.ts`, `${path}/index.ts`, `${path}/index.js`);
  return candidates;
}
