import v8 from "node:v8";

interface PromiseHooks {
  createHook(hooks: {
    before: (promise: Promise<unknown>) => void;
    after: (promise: Promise<unknown>) => void;
  }): () => void;
}

/**
 * Calls back around each continuation of a promise.
 *
 * @returns What stops it, or null where the host has no promise hooks (Deno
 * before 2.9.5). That a host has the function does not say that it calls back:
 * see `probePromiseHooks`.
 */
export function hookPromises(
  before: () => void,
  after: () => void,
): (() => void) | null {
  const { promiseHooks } = v8 as unknown as { promiseHooks?: PromiseHooks };
  if (typeof promiseHooks?.createHook !== "function") return null;
  try {
    return promiseHooks.createHook({ before, after });
  } catch {
    return null;
  }
}
