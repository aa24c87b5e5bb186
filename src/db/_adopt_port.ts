import { receiveMessageOnPort } from "node:worker_threads";

/**
 * The same port, but one that fires `close` when its other end is closed or
 * its thread is gone. A port that came in a message of another port does not
 * (Deno 2.9.6); one that was received through Node's interface does.
 *
 * @param port Not started yet; of no use afterwards.
 */
export function adoptPort(port: MessagePort): MessagePort {
  const { port1, port2 } = new MessageChannel();
  try {
    port1.postMessage(port, [port]);
    // The types know Node's ports only.
    return receiveMessageOnPort(
      port2 as unknown as Parameters<typeof receiveMessageOnPort>[0],
    )?.message as MessagePort;
  } finally {
    port1.close();
    port2.close();
  }
}
