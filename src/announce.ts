import { getLogger } from "@logtape/logtape";
import type { Config } from "./config.ts";
import type { Engine } from "./db/types.ts";

const logger = getLogger(["loophound", "backend"]);

/** Says in the log where everything is, and what this host lacks. */
export function announce(
  address: Deno.Addr,
  { config, engine, missing }: {
    config: Pick<Config, "dataDir" | "allowedRoots">;
    engine: Pick<Engine, "description">;
    missing: readonly string[];
  },
): void {
  const where = "hostname" in address
    ? `http://${
      address.hostname.includes(":")
        ? `[${address.hostname}]`
        : address.hostname
    }:${address.port}`
    : "a socket";
  logger.info("Listening on {where}; the API is described at {docs}", {
    where,
    docs: `${where}/docs`,
  });
  logger.info("Database: {engine}; data folder: {dataDir}", {
    engine: engine.description,
    dataDir: config.dataDir,
  });
  logger.info("Loads by path may read {roots}", {
    roots: config.allowedRoots.join(", "),
  });
  for (const it of missing) {
    logger.warn("This host: {missing}", { missing: it });
  }
}
