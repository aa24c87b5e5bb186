import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import { gate } from "./_dispatch.ts";
import type { Entry } from "./_entry.ts";
import { hasMappedFacades, hooksImports } from "./_facades.ts";
import { listedExports } from "./_facade_source.ts";
import { guardedModules, type Lease, stationOf } from "./_layer.ts";
import { type Callable, findPlace } from "./_place.ts";
import type { GuardSelfTest, ImportTest } from "./types.ts";

/** What a guard finds that was not put in. */
export function notInstalled(reason: string): GuardSelfTest {
  return {
    installed: false,
    caught: [],
    notCaught: [],
    namedImports: { reach: "none", reason },
  };
}

/** Calls every guarded API as a program would, without letting the calls through. */
export function testLease({ entries, notCaught }: Lease): GuardSelfTest {
  const caught: string[] = [];
  const failed = [...notCaught];
  for (const { api } of entries) {
    const reason = tryCall(api);
    if (reason === null) caught.push(api.id);
    else failed.push({ api: api.id, reason });
  }
  return {
    installed: true,
    caught,
    notCaught: failed,
    namedImports: importReach(),
  };
}

/** Asks by identity first: what is not the guard's own would really run. */
function tryCall(api: BlockingApi): string | null {
  const station = stationOf(api);
  if (station === undefined) return "it was taken out";
  const found = findPlace(api);
  if (typeof found === "string") return found;
  const expected = station.beneath ? station.place.original : station.wrapper;
  if (found.original !== expected) return "other code has replaced it";
  const it = found.original as Callable & (new () => unknown);
  const probed = new Set<string>();
  gate.probed = probed;
  try {
    if (station.beneath) packNothing(it);
    else if (api.call === "constructor") new it();
    else Reflect.apply(it, undefined, []);
  } finally {
    gate.probed = null;
  }
  return probed.has(api.id) ? null : "a call did not reach the guard";
}

/** What is caught beneath its place really runs: on nothing, in microseconds. */
function packNothing(it: Callable): void {
  try {
    it(new Uint8Array());
  } catch {
    // Nothing is no compressed file.
  }
}

function importReach(): GuardSelfTest["namedImports"] {
  if (hooksImports()) {
    return {
      reach: "later_modules",
      reason:
        "Named imports of modules that were loaded before the guard are linked to the runtime's functions",
    };
  }
  const lack = "This host has no module.registerHooks()";
  return hasMappedFacades()
    ? {
      reach: "mapped",
      reason: `${lack}: named imports are caught where the import map leads`,
    }
    : {
      reach: "none",
      reason: `${lack}, and no import map leads to the guard`,
    };
}

/** Imports one listed name of each guarded module, and calls it. */
export async function testNamedImports(
  entries: readonly Entry[],
): Promise<ImportTest[]> {
  const results: ImportTest[] = [];
  for (const module of guardedModules()) {
    const entry = entries.find(({ api }) =>
      api.module === module && listedExports(module).includes(api.name)
    );
    if (entry === undefined) continue;
    const { name } = entry.api;
    const reason = await importReason(entry.api).catch((error) =>
      `import { ${name} } failed: ${
        error instanceof Error ? error.message : error
      }`
    );
    results.push({ module, caught: reason === null, reason });
  }
  return results;
}

let tries = 0;

async function importReason(api: BlockingApi): Promise<string | null> {
  const code = `import { ${api.name} as it } from ${
    JSON.stringify(api.module)
  }; export { it }; // ${tries++}`;
  const { it } = await import(
    `data:text/javascript,${encodeURIComponent(code)}`
  );
  return it === stationOf(api)?.wrapper
    ? null
    : `import { ${api.name} } got the runtime's own function`;
}
