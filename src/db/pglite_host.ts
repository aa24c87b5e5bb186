/**
 * The thread of the embedded engine. Started by `engine_pglite.ts` through
 * `startThread`; not meant to be imported.
 *
 * @module
 */
import { openThreadPort } from "@loophound/toolkit/offload";
import { toPlainError } from "./errors.ts";
import { openPgliteHost, type PgliteHost } from "./_pglite_host.ts";
import type { ControlMessage, ControlReply } from "./_pglite_protocol.ts";

const control = openThreadPort();
const reply = (message: ControlReply): void => control.post(message);
let host: PgliteHost | undefined;

async function take(message: ControlMessage): Promise<void> {
  switch (message.op) {
    case "open":
      host = await openPgliteHost({
        ...message,
        onGone: (client) => reply({ op: "gone", client }),
      });
      reply({ op: "opened", version: host.version });
      break;
    case "client":
      host?.attach(message.client, message.port);
      break;
    case "release":
      host?.release(message.client);
      break;
    case "close":
      await host?.close();
      reply({ op: "closed" });
  }
}

control.onMessage((message) => {
  take(message as ControlMessage).catch((error: unknown) =>
    reply({ op: "failed", error: toPlainError(error) })
  );
});
