import type { TestServer } from "./server.ts";

/** Spreads requests over two servers, as a load balancer does. */
export interface Balancer extends AsyncDisposable {
  /**
   * Sends a request to the next server that said it is ready. One that cannot
   * be sent goes to another server: nginx and Caddy do so, too.
   */
  fetch(path: string): Promise<Response>;
  /** How many requests each server has answered. */
  readonly answered: readonly number[];
  /** Whether each server was ready when it was last asked. */
  readonly ready: readonly boolean[];
  /** How often each server has said at `/readyz` that it is not ready. */
  readonly refused: readonly number[];
}

/** A server that has not answered after it is out, milliseconds. */
const answerMs = 30_000;

/** Asks `/readyz` of each server every 50 ms until it is disposed of. */
export async function balance(
  servers: readonly [TestServer, TestServer],
): Promise<Balancer> {
  const ready = servers.map(() => false);
  const answered = servers.map(() => 0);
  const refused = servers.map(() => 0);
  let next = 0;
  let stopped = false;

  const look = async (at: number): Promise<void> => {
    try {
      const response = await fetch(`${servers[at]!.url}/readyz`, {
        signal: AbortSignal.timeout(answerMs),
      });
      await response.body?.cancel();
      ready[at] = response.ok;
      if (!response.ok) refused[at]!++;
    } catch {
      ready[at] = false;
    }
  };
  const watch = async (at: number): Promise<void> => {
    while (!stopped) {
      await look(at);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  await Promise.all([look(0), look(1)]);
  const watching = Promise.all([watch(0), watch(1)]);

  return {
    ready,
    answered,
    refused,
    async fetch(path) {
      const failures: unknown[] = [];
      while (failures.length < servers.length) {
        const at = next++ % servers.length;
        if (!ready[at] && ready.includes(true)) continue;
        try {
          const response = await fetch(`${servers[at]!.url}${path}`, {
            signal: AbortSignal.timeout(answerMs),
          });
          answered[at]!++;
          return response;
        } catch (error) {
          ready[at] = false;
          failures.push(error);
        }
      }
      throw new AggregateError(failures, `No server has taken ${path}`);
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await watching;
    },
  };
}
