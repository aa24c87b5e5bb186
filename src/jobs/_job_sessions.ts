import { shadowId } from "../load_task.ts";

/**
 * What a job's connections are for: its id comes first, long names are cut.
 * With the engine's part it is the `application_name` of their sessions.
 */
export function sessionPurpose(job: string, what: string): string {
  return `job ${shadowId(job)} ${what}`;
}

/**
 * SQL that ends the sessions of a job and answers how many there were. Whoever
 * opened them hangs, or is gone without a word (its machine lost power): the
 * server would keep them, with the locks they hold, for up to two hours.
 *
 * @param id SQL of the job's id.
 */
export function endSessions(id: string): string {
  // The engine's part is `loophound` and eight characters.
  return `(select count(pg_terminate_backend(pid)) from pg_stat_activity
    where usename = current_user and pid <> pg_backend_pid()
      and application_name like
        'loophound ________ job ' || right(replace(${id}::text, '-', ''), 12) || ' %')`;
}
