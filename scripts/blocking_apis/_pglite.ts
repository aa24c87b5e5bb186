/** PGlite: PostgreSQL compiled to WebAssembly runs where it was opened. */
import { type NamedFact, sameFact } from "./_fact.ts";

const MODULE = "npm:@electric-sql/pglite";
const THREAD =
  "Open it in a thread and send it queries, or use PostgreSQL over the network.";

const HOLDS =
  "On the main thread it holds the loop for the query's whole length: pg_sleep(0.3) held it 302 ms.";

export const pglite: readonly NamedFact[] = [
  {
    module: MODULE,
    name: "PGlite",
    call: "constructor",
    nature: "in_name_only",
    kind: "cpu",
    why:
      "Compiles and starts PostgreSQL on the loop: 2.1 to 3.3 s for an empty database.",
    instead: THREAD,
  },
  {
    module: MODULE,
    name: "PGlite.create",
    nature: "in_name_only",
    kind: "cpu",
    why:
      "Compiles and starts PostgreSQL on the loop: 2.1 to 3.3 s for an empty database.",
    instead: THREAD,
  },
  ...sameFact(MODULE, [
    "PGlite.prototype.describeQuery",
    "PGlite.prototype.exec",
    "PGlite.prototype.query",
    "PGlite.prototype.sql",
    "PGlite.prototype.transaction",
  ], { nature: "in_name_only", kind: "cpu", why: HOLDS, instead: THREAD }),
  {
    module: MODULE,
    name: "PGlite.prototype.dumpDataDir",
    nature: "in_name_only",
    kind: "cpu",
    why: "Packs the whole database on the loop: 267 ms for an empty one.",
    instead: THREAD,
  },
];
