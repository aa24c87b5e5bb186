import { defineTask } from "@loophound/toolkit/offload";
import { CronExpressionParser } from "cron-parser";

/** What {@linkcode nextTime} is asked. */
export interface CronQuestion {
  cron: string;
  timezone: string;
  /** ISO 8601. */
  after: string;
}

/** ISO 8601, or what is wrong with which. */
export type CronAnswer =
  | { at: string }
  | { wrong: "cron" | "timezone"; because: string };

/**
 * When a cron expression is next due. In a thread: the 29th of February is
 * sought for 10 ms, the first question of a process took 150 ms, and its first
 * time zone 30 ms.
 */
export const nextTime = defineTask({
  name: "nextTime",
  module: import.meta.url,
  threadClass: "short",
  run({ cron, timezone, after }: CronQuestion): CronAnswer {
    try {
      new Intl.DateTimeFormat("en", { timeZone: timezone });
    } catch {
      return {
        wrong: "timezone",
        because: 'an IANA name is wanted, as "Europe/Zurich"',
      };
    }
    try {
      const next = CronExpressionParser.parse(cron, {
        tz: timezone,
        currentDate: new Date(after),
      }).next();
      return { at: next.toDate().toISOString() };
    } catch (error) {
      return {
        wrong: "cron",
        because: error instanceof Error ? error.message : String(error),
      };
    }
  },
});
