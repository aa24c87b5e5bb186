/** The part of the Web Locks API in use; the runtime's types lack it. */
export interface WebLocks {
  request(name: string, held: () => unknown): Promise<unknown>;
}

/** The host's Web Locks, shared by all threads; undefined before Deno 2.9. */
export function webLocks(): WebLocks | undefined {
  const { navigator } = globalThis as { navigator?: { locks?: WebLocks } };
  return navigator?.locks;
}
