import { LRUCache } from "lru-cache";

/** Options of {@linkcode createAnswerCache}. */
export interface AnswerCacheOptions {
  /** Answers kept; 0 switches the cache off. */
  entries: number;
  /** Bytes of text kept in all. @default {64 MiB} */
  maxBytes?: number;
  /**
   * Milliseconds after which an answer is fetched again; 0: only a load
   * clears it. For a database that other servers load into.
   *
   * @default {0}
   */
  ttlMs?: number;
}

/** Answers of light lookups, as the JSON text that is sent. */
export interface AnswerCache {
  /** The answer, or undefined; counted as hit or miss. */
  get(key: string): string | undefined;
  /**
   * Fetches what the cache lacks; concurrent callers of one key share the
   * fetch. An answer fetched before a {@linkcode clear} is not kept after it.
   *
   * @param options.fresh Fetch it even if it is there, for who asks for what
   * was written a moment ago; others then find it. @default {false}
   */
  getOrFetch(
    key: string,
    fetch: () => Promise<string | undefined>,
    options?: { fresh?: boolean },
  ): Promise<string | undefined>;
  clear(): void;
  stats(): { hits: number; misses: number; entries: number; bytes: number };
}

/** Makes a cache that loads clear. */
export function createAnswerCache(options: AnswerCacheOptions): AnswerCache {
  const { entries, maxBytes = 64 * 2 ** 20, ttlMs = 0 } = options;
  const cache = entries === 0 ? undefined : new LRUCache<string, string>({
    max: entries,
    maxSize: maxBytes,
    sizeCalculation: (value, key) => value.length + key.length,
    ...(ttlMs === 0 ? {} : { ttl: ttlMs }),
  });
  const inFlight = new Map<string, Promise<string | undefined>>();
  let hits = 0;
  let misses = 0;

  const get = (key: string): string | undefined => {
    const value = cache?.get(key);
    if (value === undefined) misses++;
    else hits++;
    return value;
  };

  return {
    get,
    async getOrFetch(key, fetch, { fresh = false } = {}) {
      if (cache === undefined) return await fetch();
      if (fresh) {
        misses++;
      } else {
        const known = get(key);
        if (known !== undefined) return known;
        const shared = inFlight.get(key);
        if (shared !== undefined) return await shared;
      }
      const fetching = fetch().then((value) => {
        // Else it was cleared, or a later fetch has begun: this may be older.
        const newest = inFlight.get(key) === fetching;
        if (value !== undefined && newest) cache.set(key, value);
        return value;
      }).finally(() => {
        if (inFlight.get(key) === fetching) inFlight.delete(key);
      });
      inFlight.set(key, fetching);
      return await fetching;
    },
    clear() {
      inFlight.clear();
      cache?.clear();
    },
    stats: () => ({
      hits,
      misses,
      entries: cache?.size ?? 0,
      bytes: cache?.calculatedSize ?? 0,
    }),
  };
}
