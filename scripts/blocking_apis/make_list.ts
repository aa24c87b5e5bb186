/** Puts together what was found in the running Deno and what is known. */
import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import { webBodies } from "./_bodies.ts";
import { code } from "./_code.ts";
import { crypto, namedCrypto } from "./_crypto.ts";
import { denoFiles } from "./_deno_files.ts";
import type { Fact, NamedFact, Rule } from "./_fact.ts";
import { type FoundApi, idOf } from "./_found_api.ts";
import { globals } from "./_globals.ts";
import { largeFiles } from "./_large_files.ts";
import { namedNodeFiles, nodeFiles } from "./_node_files.ts";
import { pglite } from "./_pglite.ts";
import { namedProcesses, processes } from "./_processes.ts";
import { namedSqlite, sqlite, sqliteHarmless } from "./_sqlite.ts";
import { namedZlib, zlib } from "./_zlib.ts";

const RULES: readonly Rule[] = [
  denoFiles,
  nodeFiles,
  processes,
  crypto,
  zlib,
  sqlite,
];

const NAMED: readonly NamedFact[] = [
  ...namedNodeFiles,
  ...namedCrypto,
  ...namedZlib,
  ...namedSqlite,
  ...namedProcesses,
  ...code,
  ...globals,
  ...webBodies,
  ...largeFiles,
  ...pglite,
];

/** Called synchronous by name, and no reason to tell: id → why not. */
export const harmless: Readonly<Record<string, string>> = {
  ...sqliteHarmless,
  "CryptoKey.importSync":
    "Deno's own, for node:crypto; it is on no type and no page.",
};

/** The list, and what was found of which nothing is known. */
export interface MadeList {
  apis: readonly BlockingApi[];
  unknown: readonly FoundApi[];
}

const MODULES = ["Deno", "global"];

function rank(api: BlockingApi): string {
  const at = MODULES.indexOf(api.module);
  return `${
    at < 0 ? (api.module.startsWith("npm:") ? 9 : 5) : at
  }${api.module}`;
}

function entry(
  module: BlockingApi["module"],
  name: string,
  fact: Fact & { call?: BlockingApi["call"] },
): BlockingApi {
  const id = idOf(module, name);
  const isClass = /^[A-Z]\w*Sync$/.test(name);
  return {
    id: fact.withCallback === true ? `${id}(callback)` : id,
    module,
    name,
    call: fact.call ??
      (isClass
        ? "constructor"
        : name.includes(".prototype.")
        ? "method"
        : "function"),
    nature: fact.nature ?? "sync",
    kind: fact.kind,
    size: fact.size ?? null,
    why: fact.why,
    instead: fact.instead,
    replacement: fact.replacement ?? null,
    byDefault: fact.byDefault ?? true,
    ...(fact.withoutCallback === true && { withoutCallback: true }),
    ...(fact.withCallback === true && { withCallback: true }),
  };
}

/** Describes what was found, and adds what no walk can find. */
export function makeList(found: readonly FoundApi[]): MadeList {
  const apis: BlockingApi[] = NAMED.map((fact) =>
    entry(fact.module, fact.name, fact)
  );
  const unknown: FoundApi[] = [];
  for (const api of found) {
    if (idOf(api.module, api.name) in harmless) continue;
    const fact = RULES.map((rule) => rule(api)).find((it) => it !== undefined);
    if (fact === undefined) unknown.push(api);
    else apis.push(entry(api.module, api.name, fact));
  }
  const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
  apis.sort((a, b) => compare(rank(a), rank(b)) || compare(a.id, b.id));
  return { apis, unknown };
}
