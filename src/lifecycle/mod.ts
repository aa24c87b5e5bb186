/**
 * How the process starts and stops: signals, the door that requests go
 * through, other isolates of the process, and ticks on hosts that stop idle
 * programs.
 *
 * @module
 */
export * from "./check_in.ts";
export * from "./door.ts";
export * from "./isolates.ts";
export * from "./require_database.ts";
export * from "./stop_watch.ts";
export * from "./tick.ts";
