import {
  type BlockingApi,
  blockingApis,
} from "@loophound/toolkit/blocking_apis";
import assert from "node:assert/strict";
import { builtinModules } from "node:module";
import process from "node:process";
import { findPlace } from "./_place.ts";
import { installGuard } from "./install_guard.ts";
import { watch } from "./_layer.ts";

/** Everything that a guard may touch, and what lies beside it. */
function objects(): Map<string, object> {
  const found = new Map<string, object>([["globalThis", globalThis]]);
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const { value } = Object.getOwnPropertyDescriptor(globalThis, name)!;
    add(found, name, value);
  }
  for (const name of builtinModules) {
    const module = `node:${name.replace(/^node:/, "")}`;
    add(found, module, process.getBuiltinModule(module));
  }
  for (const api of blockingApis) {
    const place = findPlace(api);
    if (typeof place === "string") continue;
    add(found, `holder of ${api.id}`, place.holder);
    add(found, api.id, place.original);
  }
  const zlib = process.getBuiltinModule("node:zlib");
  for (const make of [zlib.createGzip, zlib.createBrotliCompress]) {
    const engine = make();
    const handle: object = Reflect.get(engine, "_handle");
    add(found, make.name, Object.getPrototypeOf(handle));
    engine.close();
  }
  return found;
}

function add(found: Map<string, object>, name: string, value: unknown): void {
  if (typeof value !== "object" && typeof value !== "function") return;
  if (value === null) return;
  found.set(name, value);
  const prototype: unknown = Object.getOwnPropertyDescriptor(value, "prototype")
    ?.value;
  if (typeof prototype === "object" && prototype !== null) {
    found.set(`${name}.prototype`, prototype);
  }
}

type Snapshot = Map<string, [PropertyKey, PropertyDescriptor][]>;

function snapshot(of: ReadonlyMap<string, object>): Snapshot {
  return new Map([...of].map(([name, object]) => [
    name,
    Reflect.ownKeys(object).map((key) => [
      key,
      Object.getOwnPropertyDescriptor(object, key)!,
    ]),
  ]));
}

/** Names of properties that are not as they were, by identity and in order. */
function differences(before: Snapshot, after: Snapshot): string[] {
  const found: string[] = [];
  for (const [name, properties] of before) {
    const now = after.get(name) ?? [];
    if (now.length !== properties.length) found.push(`${name}: number of keys`);
    properties.forEach(([key, property], index) => {
      const [otherKey, other] = now[index] ?? [];
      const same = key === otherKey && other !== undefined &&
        (["value", "get", "set"] as const).every((part) =>
          Object.is(property[part], other[part])
        ) &&
        (["writable", "enumerable", "configurable"] as const).every((part) =>
          property[part] === other[part]
        );
      if (!same) found.push(`${name}.${String(key)}`);
    });
  }
  return found;
}

Deno.test("uninstall() leaves every property as it was", () => {
  const all = objects();
  const before = snapshot(all);
  const guard = installGuard({
    graceMs: 0,
    log: null,
    notify: () => {},
    apis: "*",
  });
  assert.ok(differences(before, snapshot(all)).length > 100);
  Deno.statSync(".");
  guard.uninstall();
  assert.deepEqual(differences(before, snapshot(all)), []);
  // Properties that were made for the purpose are gone too.
  assert.deepEqual(
    Reflect.ownKeys(globalThis).filter((key) =>
      typeof key === "symbol" && key.description?.startsWith("loophound")
    ),
    [],
  );
});

Deno.test("uninstall() leaves what other code has put over a wrapper", () => {
  const { statSync } = Deno;
  const guard = installGuard({ graceMs: 0, log: null });
  const mock = () => statSync(".");
  Deno.statSync = mock;
  guard.uninstall();
  assert.equal(Deno.statSync, mock);
  Deno.statSync = statSync;
});

Deno.test("installGuard() that fails half-way leaves every property as it was", () => {
  const all = objects();
  const before = snapshot(all);
  const watcher = {
    armedAt: 0,
    slowMs: 5,
    examine: () => {},
    before: () => null,
    after: () => null,
  };
  const good = blockingApis.filter(({ module }) =>
    !module.startsWith("npm:") && module !== "node:module"
  );
  function* apis(): Generator<BlockingApi> {
    yield* good;
    assert.ok(differences(before, snapshot(all)).length > 100);
    throw new Error("Broken list");
  }
  assert.throws(() => watch(apis(), watcher), { message: "Broken list" });
  assert.deepEqual(differences(before, snapshot(all)), []);
});

Deno.test("installGuard() refuses a bad allowance before it changes anything", () => {
  const all = objects();
  const before = snapshot(all);
  assert.throws(() => installGuard({ allow: [{ reason: " " }] }), TypeError);
  assert.deepEqual(differences(before, snapshot(all)), []);
});
