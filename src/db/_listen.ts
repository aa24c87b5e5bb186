import { openClient } from "./_pg_client.ts";
import type { ListenOptions } from "./types.ts";

/**
 * Listens on a channel over a connection of its own. It does not connect
 * again when the connection breaks: whoever listens must then look for what
 * was said meanwhile, and so knows best when.
 */
export async function listenPostgres(
  url: string,
  channel: string,
  options: ListenOptions,
): Promise<AsyncDisposable> {
  const client = await openClient(url, `loophound listen ${channel}`);
  let over = false;
  client.on("notification", (notice) => {
    if (!over && notice.channel === channel) {
      options.onNotice(notice.payload ?? "");
    }
  });
  client.on("end", () => {
    if (over) return;
    over = true;
    options.onLost(new Error("The connection that listens has ended"));
  });
  const end = async () => {
    over = true;
    await client.end();
  };
  try {
    await client.query(`listen ${client.escapeIdentifier(channel)}`);
  } catch (error) {
    await end();
    throw error;
  }
  return { [Symbol.asyncDispose]: end };
}
