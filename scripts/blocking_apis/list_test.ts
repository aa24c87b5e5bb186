import assert from "node:assert/strict";
import {
  type BlockingApi,
  blockingApis,
} from "@loophound/toolkit/blocking_apis";
import { LISTED_DENO_VERSION } from "../../lib/blocking_apis/_apis.gen.ts";
import { apiRoots, findApis } from "./find_apis.ts";
import { makeList } from "./make_list.ts";
import { resolvesApi } from "./resolve_api.ts";
import { readReviewed, stateOfList } from "./state.ts";
import { surface, unreviewed } from "./surface.ts";

const roots = await apiRoots();
const state = await stateOfList(roots);

/** Whether this Deno is older than the one that the list was made from. */
function isOlder(): boolean {
  const [here, there] = [Deno.version.deno, LISTED_DENO_VERSION].map((text) =>
    text.split(".").map(Number)
  );
  for (const [at, part] of there!.entries()) {
    if (here![at] !== part) return here![at]! < part;
  }
  return false;
}

/** On an older Deno some APIs are not there yet: that is said, no failure. */
function assertNone(ids: readonly string[], problem: string): void {
  if (ids.length === 0) return;
  const message = `${problem}:\n  ${ids.join("\n  ")}`;
  assert.ok(isOlder(), message);
  console.log(
    `Deno ${Deno.version.deno} is older than the list (${LISTED_DENO_VERSION}): ${message}`,
  );
}

/** Ids of what is found and described, and not in the given list. */
function lacking(apis: readonly BlockingApi[]): string[] {
  const listed = new Set(apis.map(({ id }) => id));
  return makeList(findApis(roots)).apis.map(({ id }) => id)
    .filter((id) => !listed.has(id));
}

Deno.test("the list has every synchronous API of the running Deno", () => {
  assert.deepEqual(
    state.unknown,
    [],
    "Describe them in scripts/blocking_apis/ and run scripts/blocking_apis.ts",
  );
  assert.deepEqual(lacking(blockingApis), [], "Run scripts/blocking_apis.ts");
});

Deno.test("an API that the list lacks does not go unseen", () => {
  const without = blockingApis.filter(({ name }) => name !== "statSync");
  assert.deepEqual(lacking(without), ["Deno.statSync", "node:fs.statSync"]);
});

Deno.test("a synchronous API that Deno gets does not go unseen", () => {
  class PipeSync {
    drain(): void {}
  }
  class Socket {
    static readSync(): void {}
    flushSync(): void {}
  }
  const invented = {
    PipeSync,
    Socket,
    inner: { waitSync() {} },
    harmless() {},
  };
  for (const module of ["Deno", "global", "node:fs", "node:os"] as const) {
    const { unknown } = makeList(findApis([{ module, value: invented }]));
    assert.deepEqual(unknown.map(({ name }) => name).sort(), [
      "PipeSync",
      "PipeSync.prototype.drain",
      "Socket.prototype.flushSync",
      "Socket.readSync",
      "inner.waitSync",
    ], module);
  }
});

Deno.test("every function that the running Deno offers has been looked at", () => {
  assertNone(
    state.unreviewed,
    "Describe those that hold the loop, then run scripts/blocking_apis.ts --reviewed",
  );
});

Deno.test("a function without the suffix does not go unseen when Deno gets it", async () => {
  const offered = surface([{
    module: "node:os",
    value: { drainEverything: () => {} },
  }]);
  assert.deepEqual(
    unreviewed(offered, await readReviewed(), blockingApis),
    ["node:os.drainEverything"],
  );
});

Deno.test("every API of the list is in the running Deno", () => {
  assertNone(state.missing, "Not in this Deno");
});

Deno.test("every replacement is in the running Deno", async () => {
  const missing: string[] = [];
  for (const { id, replacement } of blockingApis) {
    if (replacement === null || replacement.module === null) continue;
    const { module, name } = replacement;
    if (name === null || !await resolvesApi(module, name)) {
      missing.push(`${module}.${name}, in place of ${id}`);
    }
  }
  assertNone(missing, "Replacements that are not in this Deno");
});

Deno.test("the APIs of PGlite are in the package", async () => {
  for (const { id, module, name } of blockingApis) {
    if (!module.startsWith("npm:")) continue;
    assert.ok(await resolvesApi(module, name), id);
  }
});

for (const { url, isCurrent } of state.files) {
  const file = url.pathname.split("/").at(-1);
  Deno.test(`${file} is what the script makes`, () => {
    assertNone(
      isCurrent ? [] : [url.pathname],
      "Run scripts/blocking_apis.ts; these files are not what it makes",
    );
  });
}
