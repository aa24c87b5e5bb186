import { getLogger } from "@logtape/logtape";
import { dropAbandonedShadows } from "@loophound/toolkit/sql";
import { setTimeout as delay } from "node:timers/promises";
import type { DatabaseAddress, Engine } from "../db/types.ts";
import { shadowId } from "../load_task.ts";

const logger = getLogger(["loophound", "jobs"]);

/** How long it is waited for sessions that were told to end. */
const patienceMs = 5_000;

/**
 * Takes away what a load whose thread was ended has left: its connections
 * with what they run, and on the embedded engine its unfinished tables (on a
 * server they go with the transaction).
 *
 * @returns When it is gone. A failure is only told: what is left is dropped
 * when the engine opens again, and no one reads it.
 */
export async function cleanUp(
  id: string,
  options: { engine: Engine; addresses: readonly DatabaseAddress[] },
): Promise<void> {
  const { engine, addresses } = options;
  try {
    for (const address of addresses) {
      // A thread that never began has left the port here.
      if (address.engine === "pglite") address.port.close();
      await engine.release?.(address);
    }
    if (engine.kind === "postgres") return await sessionsGone(options);
    // Not by `executeSql`: these wait their turn behind what the thread had
    // sent before it ended.
    await using connection = await engine.connect("clean up");
    await dropAbandonedShadows(connection, { id: shadowId(id) });
  } catch (error) {
    logger.warning(
      "Cannot clear away what load {id} left unfinished: {error}",
      {
        id,
        error,
      },
    );
  }
}

/** Sessions are told to end; one that is just committing ends after that. */
async function sessionsGone(
  { engine, addresses }: {
    engine: Engine;
    addresses: readonly DatabaseAddress[];
  },
): Promise<void> {
  const names = addresses.flatMap((address) =>
    address.engine === "postgres" ? [address.applicationName ?? ""] : []
  );
  const end = performance.now() + patienceMs;
  while (performance.now() < end) {
    const { rows } = await engine.executeSql(
      `select count(*)::int as count from pg_stat_activity
       where application_name in
         (select value from json_array_elements_text($1::text::json))`,
      [JSON.stringify(names)],
    );
    if (rows[0]?.count === 0) return;
    await delay(10);
  }
  logger.warning("Sessions of a load that was ended are still there: {names}", {
    names,
  });
}
