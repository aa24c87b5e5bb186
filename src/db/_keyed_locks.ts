interface Waiter {
  owner: number;
  id: number;
  granted: () => void;
}

/**
 * Locks by name, in the order of asking. An owner (a client) that goes away
 * loses what it holds and what it waits for.
 */
export class KeyedLocks {
  readonly #queues = new Map<string, Waiter[]>();

  /** Calls `granted` now or when all who asked before are done. */
  lock(name: string, waiter: Waiter): void {
    const queue = this.#queues.get(name);
    if (queue === undefined) {
      this.#queues.set(name, [waiter]);
      waiter.granted();
    } else {
      queue.push(waiter);
    }
  }

  unlock(owner: number, id: number): void {
    this.#drop((waiter) => waiter.owner === owner && waiter.id === id);
  }

  release(owner: number): void {
    this.#drop((waiter) => waiter.owner === owner);
  }

  #drop(matches: (waiter: Waiter) => boolean): void {
    for (const [name, queue] of [...this.#queues]) {
      const holder = queue[0];
      const left = queue.filter((waiter) => !matches(waiter));
      if (left.length === queue.length) continue;
      if (left.length === 0) {
        this.#queues.delete(name);
        continue;
      }
      this.#queues.set(name, left);
      if (left[0] !== holder) left[0]!.granted();
    }
  }
}
