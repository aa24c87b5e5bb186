import { createHttpClient, type HttpClient } from "@loophound/toolkit/http";
import type { Limits } from "@loophound/toolkit/limits";
import type { ThreadPool } from "@loophound/toolkit/offload";
import { type Config, ConfigError } from "./config.ts";

/**
 * Opens the client that jobs ask other servers with: its requests count in the
 * limit `http`.
 *
 * @throws {ConfigError} An entry of HTTP_ALLOW is no host, address or range.
 */
export function openHttp(
  { httpAllow }: Pick<Config, "httpAllow">,
  { limits, pool, version }: {
    limits: Limits;
    pool: ThreadPool;
    version: string;
  },
): HttpClient {
  try {
    return createHttpClient({
      userAgent: `loophound/${version}`,
      limits: limits.hosts("http"),
      allow: httpAllow,
      pool,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConfigError(`Cannot read setting HTTP_ALLOW: ${error.message}`);
  }
}
