import { receiveMessageOnPort } from "node:worker_threads";
import { adoptPort } from "./_adopt_port.ts";
import type { ClientMessage, Numbered } from "./_pglite_protocol.ts";

/** Where an {@linkcode Inbox} takes what comes. */
export interface InboxOptions {
  take(message: ClientMessage): void;
  onClose(): void;
}

/**
 * The host's end of a client's port. Messages come through the loop or are
 * fetched at once by {@linkcode drain}; one that was on its way through the
 * loop may then be overtaken, so they are put in order again.
 */
export class Inbox {
  readonly port: MessagePort;
  readonly #options: InboxOptions;
  readonly #early = new Map<number, ClientMessage>();
  #next = 1;

  constructor(given: MessagePort, options: InboxOptions) {
    const port = adoptPort(given);
    this.port = port;
    this.#options = options;
    port.addEventListener(
      "message",
      (event) => this.#take(event.data as Numbered),
    );
    port.addEventListener("close", () => options.onClose());
    port.start();
  }

  /** Takes all that has arrived, without waiting for the loop to bring it. */
  drain(): void {
    for (;;) {
      // The types know Node's ports only.
      const received = receiveMessageOnPort(
        this.port as unknown as Parameters<typeof receiveMessageOnPort>[0],
      );
      if (received === undefined) return;
      this.#take(received.message as Numbered);
    }
  }

  #take({ seq, message }: Numbered): void {
    this.#early.set(seq, message);
    for (;;) {
      const next = this.#early.get(this.#next);
      if (next === undefined) return;
      this.#early.delete(this.#next++);
      this.#options.take(next);
    }
  }
}
