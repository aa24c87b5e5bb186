/** Child processes and watchers: `node:child_process`, `Deno.Command`. */
import { type Fact, type NamedFact, type Rule, sameFact } from "./_fact.ts";

const WAITS = "Holds the loop until the child process has ended.";

function fact(other: string, instead: string): Fact {
  return {
    kind: "sync_io",
    why: WAITS,
    instead,
    replacement: {
      module: "node:child_process",
      name: other,
      sameArguments: false,
    },
  };
}

const FACTS: Record<string, Fact> = {
  execSync: fact(
    "exec",
    "Await `promisify(exec)` with a timeout and a signal.",
  ),
  execFileSync: fact(
    "execFile",
    "Await `promisify(execFile)` with a timeout and a signal.",
  ),
  spawnSync: fact("spawn", "Call spawn() and wait for its `close` event."),
};

export const processes: Rule = ({ module, name }) =>
  module === "node:child_process" ? FACTS[name] : undefined;

const STARTS: Omit<NamedFact, "module" | "name"> = {
  kind: "sync_io",
  why:
    "Starts the process on the calling thread, 1 to 4 ms, and only the rest is asynchronous.",
  instead: "Keep a process or a thread running and send it work.",
  byDefault: false,
};

const WATCHES: Omit<NamedFact, "module" | "name"> = {
  kind: "sync_io",
  why: "Visits the whole tree before it returns: 8 ms for 3,000 files.",
  instead: "Watch at start-up, and no more than you need.",
  byDefault: false,
};

export const namedProcesses: readonly NamedFact[] = [
  ...sameFact("Deno", ["Command.prototype.spawn", "spawn"], STARTS),
  ...sameFact(
    "node:child_process",
    ["exec", "execFile", "fork", "spawn"],
    STARTS,
  ),
  { module: "Deno", name: "watchFs", ...WATCHES },
  { module: "node:fs", name: "watch", ...WATCHES },
];
