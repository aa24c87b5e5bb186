/** The isolates of this process that run the same program. */
export interface Isolates extends Disposable {
  /** How many there are by now, this one included. */
  count(): Promise<number>;
  /** Whether this one speaks for all: true for the first that asks, only. */
  speaks(): Promise<boolean>;
}

const prefix = "loophound isolate ";
const speaker = "loophound speaker";

/** The part of Web Locks that is used here; Deno 2.9 has them, its types do not. */
interface WebLocks {
  request(name: string, held: () => Promise<void>): Promise<void>;
  request(
    name: string,
    options: { ifAvailable: true },
    held: (lock: object | null) => Promise<void>,
  ): Promise<void>;
  query(): Promise<{ held: { name: string }[] }>;
}

/**
 * Joins the isolates of this process. `deno serve --parallel` runs the program
 * once a thread; nothing tells a program so, and the locks of `navigator.locks`
 * are shared by them all (Deno 2.9; before, every isolate takes itself for the
 * only one).
 */
export function joinIsolates(): Isolates {
  const name = `${prefix}${crypto.randomUUID()}`;
  const { locks } = navigator as { locks?: WebLocks };
  if (locks === undefined) {
    return {
      count: () => Promise.resolve(1),
      speaks: () => Promise.resolve(true),
      [Symbol.dispose]() {},
    };
  }
  const left = Promise.withResolvers<void>();
  let speaking: Promise<boolean> | undefined;
  void locks.request(name, () => left.promise);
  const names = async () => {
    const { held } = await locks.query();
    return held.map(({ name }) => name)
      .filter((name) => name.startsWith(prefix));
  };
  return {
    count: async () => Math.max(1, (await names()).length),
    speaks: () =>
      speaking ??= new Promise((resolve) => {
        void locks.request(speaker, { ifAvailable: true }, async (lock) => {
          resolve(lock !== null);
          if (lock !== null) await left.promise;
        });
      }),
    [Symbol.dispose]: () => left.resolve(),
  };
}
