import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import { Entry, type Watcher } from "./_entry.ts";
import { closeFacades, openFacades, turnFacades } from "./_facades.ts";
import { Patch, type Removable } from "./_patch.ts";
import { findPlace, type Place } from "./_place.ts";
import { wrap } from "./_wrap.ts";
import { guardHandles, isReadOnlyZlib } from "./_zlib_handles.ts";

/**
 * What is put into the program, once for all guards: a second guard watches the
 * same wrappers, and the last one to leave takes them out. So guards may end in
 * any order.
 */

/** A wrapper in its place. */
interface Station {
  place: Place;
  wrapper: unknown;
  entries: Entry[];
  patches: Removable[];
  /** Whether it is seen beneath its place, which is read-only. */
  beneath: boolean;
}

/** By module and name. */
const stations = new Map<string, Station>();
/**
 * Wrappers made so far: a program that took one under an earlier guard is heard
 * by later ones.
 */
const made = new Map<string, Pick<Station, "wrapper" | "entries"> & Place>();
/** Modules with a facade, while there is a station. */
const facadeModules = new Set<string>();

/** The part that one guard has in the layer. */
export interface Lease {
  entries: readonly Entry[];
  notCaught: readonly { api: string; reason: string }[];
  release(): void;
}

/**
 * Puts wrappers in, where they are not yet, and has a guard told of calls.
 *
 * @throws What went wrong. Everything is as before then.
 */
export function watch(
  apis: Iterable<BlockingApi>,
  watcher: Watcher,
): Lease {
  const entries: Entry[] = [];
  const notCaught: { api: string; reason: string }[] = [];
  const release = () => {
    for (const { watchers } of entries) {
      const index = watchers.indexOf(watcher);
      if (index >= 0) watchers.splice(index, 1);
    }
    takeOutUnwatched();
  };
  try {
    for (const api of apis) {
      const entry = entryOf(api);
      if (typeof entry === "string") {
        notCaught.push({ api: api.id, reason: entry });
        continue;
      }
      entry.watchers.push(watcher);
      entries.push(entry);
    }
    if (entries.length > 0) openFacades(facadeModules);
    for (const module of facadeModules) turnFacades(module);
  } catch (error) {
    release();
    throw error;
  }
  return { entries, notCaught, release };
}

/** The wrapper that stands for an API now. */
export function stationOf(
  api: BlockingApi,
): Readonly<Pick<Station, "place" | "wrapper" | "beneath">> | undefined {
  return stations.get(keyOf(api));
}

/** Modules whose named imports are guarded now. */
export function guardedModules(): string[] {
  return [...facadeModules];
}

function keyOf(api: BlockingApi): string {
  return `${api.module}.${api.name}`;
}

function entryOf(api: BlockingApi): Entry | string {
  const key = keyOf(api);
  const station = stations.get(key);
  if (station !== undefined) return entryIn(station.entries, api);
  const place = findPlace(api);
  if (typeof place === "string") return place;
  const { entries, wrapper } = wrapperFor(api, place);
  const entry = entryIn(entries, api);
  const put = putIn({ api, entry, place, wrapper });
  if (typeof put === "string") return put;
  stations.set(key, { place, wrapper, entries, ...put });
  if (
    api.module.startsWith("node:") && !api.name.includes(".") && !put.beneath
  ) facadeModules.add(api.module);
  return entry;
}

function entryIn(entries: Entry[], api: BlockingApi): Entry {
  const known = entries.find((entry) => entry.api.id === api.id);
  if (known !== undefined) return known;
  const entry = new Entry(api);
  entries.push(entry);
  return entry;
}

function wrapperFor(
  api: BlockingApi,
  place: Place,
): Pick<Station, "wrapper" | "entries"> {
  const key = keyOf(api);
  const known = made.get(key);
  if (known !== undefined && known.original === place.original) return known;
  const entries = [new Entry(api)];
  const wrapper = wrap(place.original, entries);
  made.set(key, { ...place, wrapper, entries });
  return { wrapper, entries };
}

function putIn({ api, entry, place, wrapper }: {
  api: BlockingApi;
  entry: Entry;
  place: Place;
  wrapper: unknown;
}): Pick<Station, "patches" | "beneath"> | string {
  const { holder, key, original } = place;
  if (!canReplace(holder, key)) {
    const patches = isReadOnlyZlib(api)
      ? guardHandles(entry, original)
      : "the property is read-only";
    return typeof patches === "string" ? patches : { patches, beneath: true };
  }
  const patches = [new Patch(holder, key, wrapper)];
  try {
    if (api.call === "constructor") {
      // `db.constructor === DatabaseSync` holds as before.
      patches.push(new Patch(original.prototype, "constructor", wrapper));
    }
  } catch (error) {
    for (const patch of patches) patch.remove();
    throw error;
  }
  return { patches, beneath: false };
}

function canReplace(holder: object, key: string): boolean {
  const property = Object.getOwnPropertyDescriptor(holder, key);
  return property === undefined
    ? Object.isExtensible(holder)
    : property.configurable === true || property.writable === true;
}

function takeOutUnwatched(): void {
  for (const [key, station] of [...stations].reverse()) {
    if (station.entries.some(({ watchers }) => watchers.length > 0)) continue;
    for (const patch of station.patches.reverse()) patch.remove();
    stations.delete(key);
  }
  const still = new Set(
    [...stations.values()].flatMap(({ entries }) =>
      entries.map(({ api }) => api)
    ).filter((api) => !api.name.includes(".")).map((api) => api.module),
  );
  for (const module of facadeModules) {
    if (still.has(module as BlockingApi["module"])) continue;
    turnFacades(module);
    facadeModules.delete(module);
  }
  if (stations.size === 0) closeFacades();
}
