import pg, { type ClientConfig } from "pg";
import { valueTypes } from "./_values.ts";

/** A connection attempt fails after this, milliseconds. */
const connectMs = 5_000;

/**
 * Settings with which every session reads and writes values alike; the
 * embedded engine has the same. Statements are not compiled: where statistics
 * are missing that took a second before a query of 50 ms.
 */
export const sessionSql =
  "set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set jit = off";

/** How this program connects to a server. */
export function clientOptions(
  url: string,
  applicationName: string,
): ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: connectMs,
    keepAlive: true,
    types: valueTypes,
  };
}

/** Opens a connection of one's own. */
export async function openClient(
  url: string,
  applicationName: string,
): Promise<pg.Client> {
  const client = new pg.Client(clientOptions(url, applicationName));
  // A connection that breaks while idle is told to its next query; without a
  // listener it would end the program.
  client.on("error", () => {});
  try {
    await client.connect();
    await client.query(sessionSql);
  } catch (error) {
    await client.end();
    throw error;
  }
  return client;
}
