import { mock } from "node:test";

/** Timers of a test that pass when it says so. */
export interface TestClock extends Disposable {
  /** Lets the time pass, and everything that follows from it happen. */
  pass(ms: number): Promise<void>;
}

/** Takes the place of `setTimeout` until it is disposed of. */
export function fakeTimers(): TestClock {
  mock.timers.enable({ apis: ["setTimeout"] });
  return {
    async pass(ms) {
      await turns();
      mock.timers.tick(ms);
      await turns();
    },
    [Symbol.dispose]: () => mock.timers.reset(),
  };
}

/** Runs the microtasks that are waiting, and those that they make. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

/** What a promise has come to so far, without waiting for it. */
export function watch<T>(
  promise: Promise<T>,
): { state: "pending" | "fulfilled" | "rejected"; value?: T; error?: unknown } {
  const seen: ReturnType<typeof watch<T>> = { state: "pending" };
  promise.then((value) => {
    seen.state = "fulfilled";
    seen.value = value;
  }, (error) => {
    seen.state = "rejected";
    seen.error = error;
  });
  return seen;
}

/** A signal that counts who listens to it. */
export function countedSignal(): {
  controller: AbortController;
  signal: AbortSignal;
  listeners: () => number;
} {
  const controller = new AbortController();
  const { signal } = controller;
  const listening = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = function (
    ...args: Parameters<typeof addEventListener>
  ) {
    const [type, listener, options] = args;
    listening.add(listener);
    addEventListener.apply(signal, args);
    if (typeof options === "object" && options.once) {
      const gone = () => listening.delete(listener);
      addEventListener.call(signal, type, gone, { once: true });
    }
  } as typeof addEventListener;
  signal.removeEventListener = function (
    ...args: Parameters<typeof removeEventListener>
  ) {
    listening.delete(args[1]);
    removeEventListener.apply(signal, args);
  } as typeof removeEventListener;
  return { controller, signal, listeners: () => listening.size };
}
