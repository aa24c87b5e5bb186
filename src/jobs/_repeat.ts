/** Something done again and again. */
export interface Repeated {
  /** Resolves when it is not being done and will not be. */
  stop(): Promise<void>;
}

/**
 * Does something every `ms` milliseconds, never twice at once: the pause
 * begins when it has ended.
 *
 * @param work Never rejects.
 */
export function repeat(work: () => Promise<void>, ms: number): Repeated {
  let stopped = false;
  let current: Promise<void> = Promise.resolve();
  let timer = setTimeout(turn, ms);
  function turn() {
    current = work().then(() => {
      if (!stopped) timer = setTimeout(turn, ms);
    });
  }
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
