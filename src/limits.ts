import { getLogger } from "@logtape/logtape";
import { type Limits, openLimits } from "@loophound/toolkit/limits";
import type { ThreadPool } from "@loophound/toolkit/offload";
import type { Engine } from "./db/types.ts";

const logger = getLogger(["loophound", "limits"]);

/** How much of what may go on at once, unless the setting LIMITS says otherwise. */
export const defaultLimits = Object.freeze({
  /** Jobs that are no loads of files: those are bounded by their threads. */
  import: 10,
  spotify: 1,
  discogs: 5,
  /** Requests to outside services under way in all, and to each host. */
  http: 20,
  http_per_host: 5,
});

/** The defaults, and limits of one's own besides. */
export type LimitCounts =
  & Readonly<Record<keyof typeof defaultLimits, number>>
  & Readonly<Record<string, number>>;

const name = /^[a-z][a-z0-9_]{0,31}$/;
const most = 10_000;

/**
 * Reads the setting LIMITS: `discogs=3, roon=2`. Names that the defaults lack
 * are limits of their own.
 *
 * @returns The defaults with these in their place.
 * @throws {RangeError} Says what is wrong and where.
 */
export function parseLimits(text: string): LimitCounts {
  const limits:
    & Record<string, number>
    & Record<keyof typeof defaultLimits, number> = { ...defaultLimits };
  for (const part of text.split(",")) {
    if (part.trim() === "") continue;
    const [key = "", value = ""] = part.split("=").map((it) => it.trim());
    const count = Number(value);
    if (!name.test(key)) {
      throw new RangeError(
        `"${part.trim()}" is not name=number, the name in lower-case letters, digits and underscores`,
      );
    }
    if (!Number.isInteger(count) || count < 1 || count > most) {
      throw new RangeError(
        `${key} takes a whole number from 1 to ${most}, not "${value}"`,
      );
    }
    limits[key] = count;
  }
  return limits;
}

/**
 * Opens the limits of the backend: all that bounds what goes on at once, in
 * one place, with the threads and the connections of the database beside. Who
 * waits long, and queues on which hardly anyone works, are told in the log.
 *
 * @param limits As {@linkcode parseLimits} answers them.
 */
export function openBackendLimits(
  limits: LimitCounts,
  parts: { pool: ThreadPool; engine: Engine },
): Limits {
  const { http, http_per_host: perHost, ...semaphores } = limits;
  const opened = openLimits({
    limits: semaphores,
    onLongWait: ({ message, ...figures }) =>
      logger.warning(message, { ...figures }),
    onStarved: ({ message, ...figures }) =>
      logger.warning(message, { ...figures }),
  });
  opened.hosts("http", { total: http, perHost });
  opened.add(parts.pool);
  const { connections } = parts.engine;
  if (connections !== undefined) {
    opened.add({ stats: () => ({ name: "database", ...connections() }) });
  }
  return opened;
}
