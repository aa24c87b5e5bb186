import type { Engine } from "../db/types.ts";
import type { JobState } from "./types.ts";

/** One attempt: what it writes is void once another has begun. */
export interface Attempt {
  id: string;
  /** The job's `attempts` when it was claimed. */
  number: number;
}

/** What the statements on `jobs` are run with. */
export interface StoreOptions {
  engine: Pick<Engine, "executeSql" | "kind">;
  /** Who claims: unique to this instance. */
  owner: string;
  leaseMs: number;
}

/** Runs one statement. */
export type RunSql = <Row = Record<string, unknown>>(
  text: string,
  values?: readonly unknown[],
) => Promise<Row[]>;

/** Statements over an engine, typed by who writes them. */
export function sqlRunner(engine: Pick<Engine, "executeSql">): RunSql {
  return async <Row>(text: string, values?: readonly unknown[]) =>
    (await engine.executeSql(text, values)).rows as Row[];
}

/** A value as a parameter that is cast from text; both drivers send it alike. */
export function json(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}

/** Of one attempt, while it owns its job: $1 id, $2 number, $3 owner. */
export const owned =
  "id = $1::text::uuid and attempts = $2 and owner = $3 and state = 'running'";

/** `(select …)` of the ids in a JSON array. */
export function ids(parameter: string): string {
  return `(select value::uuid from json_array_elements_text(${parameter}::text::json))`;
}

/** `(select …)` of the texts in a JSON array. */
export function texts(parameter: string): string {
  return `(select value from json_array_elements_text(${parameter}::text::json))`;
}

/** The database's time in so many milliseconds; only its clock counts. */
export function inMs(parameter: string): string {
  return `clock_timestamp() + make_interval(secs => ${parameter}::float8 / 1000)`;
}

const asked = "cancel_requested_at is not null";

/**
 * Takes a job from whoever ran it: a cancelled one is over, any other is what
 * `otherwise` says. So nothing that was cancelled is ever run again.
 *
 * @param otherwise SQL of the state of a job that was not cancelled.
 */
export function setFree(otherwise: string): string {
  const over = `case when ${asked} then 'cancelled' else ${otherwise} end`;
  return `owner = null, lease_until = null, state = ${over},
    finished_at = case when ${over} = 'queued' then null
      else clock_timestamp() end`;
}

/** States in which nothing is to come any more. */
export function isOver(state: JobState): boolean {
  return state !== "queued" && state !== "running";
}
