import { posix } from "node:path";
import { parseJsonc } from "./_syntax.ts";
import type { ScanHost } from "./types.ts";

/** Where bare names lead: `{ "@/": "/abs/src/", "hono": "npm:hono@4" }`. */
export type ImportMap = Readonly<Record<string, string>>;

/** A folder with a deno.json of its own. */
export interface Member {
  /** Absolute. */
  folder: string;
  name: string | undefined;
  /** `.` and `./x` to absolute paths. */
  exports: ReadonlyMap<string, string>;
  imports: ImportMap;
}

/** What the scan takes from deno.json. */
export interface Config {
  /** Absolute; undefined when there is none. */
  file: string | undefined;
  imports: ImportMap;
  /** By the folder (or file) that they hold in, longest first. */
  scopes: readonly { within: string; imports: ImportMap }[];
  members: readonly Member[];
  /** Absolute paths that are left out when folders are walked. */
  exclude: readonly string[];
}

export const NO_CONFIG: Config = {
  file: undefined,
  imports: {},
  scopes: [],
  members: [],
  exclude: [],
};

type Json = Record<string, unknown>;

function asObject(value: unknown): Json {
  return value !== null && typeof value === "object" && !Array.isArray(value)
    ? value as Json
    : {};
}

function asTexts(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === "string")
    : [];
}

/** Makes the addresses of an import map absolute. */
function importsOf(value: unknown, folder: string): ImportMap {
  const imports: Record<string, string> = {};
  for (const [name, address] of Object.entries(asObject(value))) {
    if (typeof address !== "string") continue;
    imports[name] = absolute(address, folder);
  }
  return imports;
}

function absolute(address: string, folder: string): string {
  if (!/^\.{0,2}\//.test(address)) return address;
  const path = posix.resolve(folder, address);
  return address.endsWith("/") && path !== "/" ? `${path}/` : path;
}

async function readJson(host: ScanHost, path: string): Promise<Json | null> {
  const text = await host.readText(path);
  if (text === undefined) return null;
  try {
    return asObject(parseJsonc(text));
  } catch (error) {
    throw new SyntaxError(
      `Cannot read ${path}: ${error instanceof Error ? error.message : error}`,
    );
  }
}

async function readFolderConfig(
  host: ScanHost,
  folder: string,
): Promise<{ file: string; json: Json } | undefined> {
  for (const name of ["deno.json", "deno.jsonc"]) {
    const file = posix.join(folder, name);
    const json = await readJson(host, file);
    if (json !== null) return { file, json };
  }
  return undefined;
}

function exportsOf(value: unknown, folder: string): Map<string, string> {
  const all = typeof value === "string" ? { ".": value } : asObject(value);
  const exports = new Map<string, string>();
  for (const [name, address] of Object.entries(all)) {
    if (typeof address === "string") {
      exports.set(name, posix.resolve(folder, address));
    }
  }
  return exports;
}

async function foldersOf(
  host: ScanHost,
  root: string,
  pattern: string,
): Promise<string[]> {
  if (!pattern.endsWith("/*")) return [posix.resolve(root, pattern)];
  const parent = posix.resolve(root, pattern.slice(0, -2));
  if (await host.kindOf(parent) !== "folder") return [];
  const names = await host.list(parent);
  return names.filter((name) => name.endsWith("/")).map((name) =>
    posix.join(parent, name.slice(0, -1))
  );
}

async function membersOf(
  host: ScanHost,
  json: Json,
  root: string,
): Promise<Member[]> {
  const { workspace } = json;
  const patterns = asTexts(
    Array.isArray(workspace) ? workspace : asObject(workspace).members,
  );
  const members = [asMember(json, root)];
  for (const pattern of patterns) {
    for (const folder of await foldersOf(host, root, pattern)) {
      // deno-lint-ignore loophound/no-waiting-in-line -- a handful of small files, once
      const found = await readFolderConfig(host, folder);
      if (found !== undefined) members.push(asMember(found.json, folder));
    }
  }
  // The innermost folder decides.
  return members.sort((a, b) => b.folder.length - a.folder.length);
}

function asMember(json: Json, folder: string): Member {
  return {
    folder,
    name: typeof json.name === "string" ? json.name : undefined,
    exports: exportsOf(json.exports, folder),
    imports: importsOf(json.imports, folder),
  };
}

/**
 * Reads a deno.json: its import map (in it or beside it), its workspace, what
 * it excludes.
 *
 * @param file Absolute.
 * @throws {SyntaxError} It is no JSON.
 * @throws {Deno.errors.NotFound} There is no such file.
 */
export async function readConfig(
  host: ScanHost,
  file: string,
): Promise<Config> {
  const json = await readJson(host, file);
  if (json === null) {
    throw new Error(`Cannot read ${file}: there is no such file`);
  }
  const folder = posix.dirname(file);
  let map = json;
  let mapFolder = folder;
  if (typeof json.importMap === "string") {
    const path = posix.resolve(folder, json.importMap);
    map = await readJson(host, path) ?? {};
    mapFolder = posix.dirname(path);
  }
  return {
    file,
    imports: {
      ...importsOf(map.imports, mapFolder),
      ...importsOf(json.imports, folder),
    },
    scopes: Object.entries(asObject(map.scopes))
      .map(([within, imports]) => ({
        within: absolute(within, mapFolder),
        imports: importsOf(imports, mapFolder),
      }))
      .sort((a, b) => b.within.length - a.within.length),
    members: await membersOf(host, json, folder),
    exclude: asTexts(json.exclude)
      .filter((path) => !path.includes("*") && !path.startsWith("!"))
      .map((path) => posix.resolve(folder, path)),
  };
}

/** Finds the deno.json of a path: in its folder, or above. */
export async function findConfig(
  host: ScanHost,
  path: string,
): Promise<Config> {
  let folder = path;
  for (;;) {
    const found = await readFolderConfig(host, folder);
    if (found !== undefined) {
      const above = await workspaceAbove(host, folder);
      return await readConfig(host, above ?? found.file);
    }
    const parent = posix.dirname(folder);
    if (parent === folder) return NO_CONFIG;
    folder = parent;
  }
}

/** The deno.json above whose workspace a member's folder belongs to. */
async function workspaceAbove(
  host: ScanHost,
  member: string,
): Promise<string | undefined> {
  for (
    let folder = posix.dirname(member);;
    folder = posix.dirname(folder)
  ) {
    const found = await readFolderConfig(host, folder);
    if (found?.json.workspace !== undefined) {
      const members = await membersOf(host, found.json, folder);
      if (members.some((one) => one.folder === member)) return found.file;
    }
    if (posix.dirname(folder) === folder) return undefined;
  }
}
