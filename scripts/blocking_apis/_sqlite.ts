/** `node:sqlite`: synchronous throughout, and mostly without saying so. */
import type { Fact, NamedFact, Rule } from "./_fact.ts";

const THREAD =
  "Open the database in a thread and send it queries, or keep what is asked on the loop tiny and indexed.";

function io(why: string): Fact {
  return { kind: "sync_io", why, instead: THREAD };
}

const RUNS =
  "Runs the statement to its end on the calling thread: 5 ms to sum 100,000 rows in memory, 11 ms for one insert into a file.";

const FACTS: Record<string, Fact> = {
  DatabaseSync: io(
    "Opens the file and reads its header; there is no other way to open.",
  ),
  "DatabaseSync.prototype.open": io("Opens the file and reads its header."),
  "DatabaseSync.prototype.close": io(
    "Closes all statements and, as the last connection, checkpoints the write-ahead log.",
  ),
  "DatabaseSync.prototype.exec": io(RUNS),
  "DatabaseSync.prototype.prepare": {
    ...io(
      "Compiles the statement, and reads the schema at the first one: microseconds.",
    ),
    byDefault: false,
  },
  "DatabaseSync.prototype.createTagStore": {
    ...io(
      "The get(), all(), run() and iterate() of what it gives run on the calling thread.",
    ),
    byDefault: false,
  },
  "DatabaseSync.prototype.loadExtension": {
    kind: "module_load",
    why: "Loads a shared library from disk and runs its entry point.",
    instead: "Load extensions at start-up.",
  },
  "DatabaseSync.prototype.applyChangeset": io(
    "Applies every change of the set before it returns.",
  ),
  "DatabaseSync.prototype.serialize": io(
    "Copies the whole database into memory.",
  ),
  "DatabaseSync.prototype.deserialize": io(
    "Copies a whole database from memory.",
  ),
  "StatementSync.prototype.get": io(RUNS),
  "StatementSync.prototype.run": io(RUNS),
  "StatementSync.prototype.all": io(
    "Runs the statement to its end and makes an object of every row: 2 ms per 1,000 rows.",
  ),
  "StatementSync.prototype.iterate": io(
    "Every step of the iterator runs the statement on, on the calling thread.",
  ),
};

export const sqlite: Rule = ({ module, name }) =>
  module === "node:sqlite" ? FACTS[name] : undefined;

/** Named as synchronous by their class, and over in no time. */
export const sqliteHarmless: Readonly<Record<string, string>> = Object
  .fromEntries(
    [
      "DatabaseSync.prototype.aggregate",
      "DatabaseSync.prototype.createSession",
      "DatabaseSync.prototype.enableDefensive",
      "DatabaseSync.prototype.enableLoadExtension",
      "DatabaseSync.prototype.function",
      "DatabaseSync.prototype.isOpen",
      "DatabaseSync.prototype.isTransaction",
      "DatabaseSync.prototype.limits",
      "DatabaseSync.prototype.location",
      "DatabaseSync.prototype.setAuthorizer",
      "StatementSync",
      "StatementSync.prototype.columns",
      "StatementSync.prototype.expandedSQL",
      "StatementSync.prototype.setAllowBareNamedParameters",
      "StatementSync.prototype.setAllowUnknownNamedParameters",
      "StatementSync.prototype.setReadBigInts",
      "StatementSync.prototype.setReturnArrays",
      "StatementSync.prototype.sourceSQL",
    ].map((name) => [
      `node:sqlite.${name}`,
      "Sets or reads a setting of the connection or the statement; no row is touched.",
    ]),
  );

export const namedSqlite: readonly NamedFact[] = [{
  module: "node:sqlite",
  name: "backup",
  nature: "in_name_only",
  kind: "sync_io",
  why:
    "Gives a promise and copies on the loop: 500,000 rows held it for all of their 99 ms.",
  instead: THREAD,
}];
