/** The newest entries of something that never ends. */
export interface Ring<T> {
  record(entry: T): void;
  /** Newest first. */
  recent(limit?: number): T[];
}

/** Makes a ring that keeps the newest `size` entries. */
export function createRing<T>(size: number): Ring<T> {
  const entries: T[] = [];
  let next = 0;
  return {
    record(entry) {
      entries[next] = entry;
      next = (next + 1) % size;
    },
    recent(limit = size) {
      const found: T[] = [];
      const count = Math.min(limit, entries.length);
      for (let i = 1; i <= count; i++) {
        found.push(entries[(next - i + size) % size]!);
      }
      return found;
    },
  };
}
