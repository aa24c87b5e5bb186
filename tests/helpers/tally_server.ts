/**
 * The server with a collection more, whose jobs show whether each of their
 * steps took effect once. To be started by `startServer({ main })`.
 *
 * @module
 */
import { createApp } from "../../routes/mod.ts";
import { openBackend } from "../../src/backend.ts";
import { collections } from "../../src/collections/mod.ts";
import { readConfig } from "../../src/config.ts";
import { tally } from "./tally.ts";

if (import.meta.main) {
  const backend = await openBackend(readConfig(Deno.env.toObject()), {
    collections: [...collections, tally],
    version: "test",
  });
  const app = createApp(backend, { isLoopback: () => true });
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) =>
      console.log(JSON.stringify({ where: `http://127.0.0.1:${port}` })),
  }, (request) => app.fetch(request));
  Deno.addSignalListener("SIGTERM", async () => {
    await server.shutdown();
    await backend.close();
    Deno.exit(0);
  });
}
