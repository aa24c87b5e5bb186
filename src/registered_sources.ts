import type { Collection, Source } from "./collection.ts";

/** A source and the collection it belongs to. */
export interface RegisteredSource {
  collection: string;
  source: Source;
}

/**
 * All sources of all collections by their names.
 *
 * @throws {TypeError} Two have one name.
 */
export function registerSources(
  collections: readonly Collection[],
): Map<string, RegisteredSource> {
  const sources = new Map<string, RegisteredSource>();
  for (const collection of collections) {
    for (const source of collection.sources) {
      const other = sources.get(source.name);
      if (other !== undefined) {
        throw new TypeError(
          `Cannot register source "${source.name}" of ${collection.name}: ${other.collection} has one of that name`,
        );
      }
      sources.set(source.name, { collection: collection.name, source });
    }
  }
  return sources;
}
