import { pgConnection, type SqlConnection } from "@loophound/toolkit/sql";
import { PgliteClient } from "./_pglite_client.ts";
import { pgliteConnection } from "./_pglite_connection.ts";
import { openClient } from "./_pg_client.ts";
import type { DatabaseAddress } from "./types.ts";

/**
 * Opens the database from a thread, at the address that its task was given.
 * One connection an address.
 */
export async function connect(
  address: DatabaseAddress,
): Promise<SqlConnection> {
  if (address.engine === "pglite") {
    return pgliteConnection(new PgliteClient(address.port), "load");
  }
  const client = await openClient(
    address.url,
    address.applicationName ?? "loophound",
  );
  return pgConnection(client, { close: () => client.end() });
}
