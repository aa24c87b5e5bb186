/** `node:fs`: `XSync` has its twin in `node:fs/promises`, with exceptions. */
import * as fs from "node:fs";
import * as promises from "node:fs/promises";
import type { Replacement } from "@loophound/toolkit/blocking_apis";
import type { Fact, NamedFact, Rule } from "./_fact.ts";

const FILES =
  "Waits in the kernel for the file system: microseconds when cached, as long as it takes on a slow disk or a network mount.";

function promised(name: string, sameArguments: boolean): Replacement {
  return { module: "node:fs/promises", name, sameArguments };
}

/** Where the promised one is called, or used, in another way. */
const SPECIAL: Record<string, Fact> = {
  existsSync: {
    kind: "sync_io",
    why: FILES,
    instead:
      "Try the operation itself and catch ENOENT, or await access() of node:fs/promises.",
    replacement: promised("access", false),
  },
  openSync: {
    kind: "sync_io",
    why: FILES,
    instead:
      "Await open() of node:fs/promises: it gives a FileHandle, whose methods are awaited too.",
    replacement: promised("open", false),
  },
  globSync: {
    kind: "sync_io",
    why:
      "Walks the whole tree, one stat after another: as many as it has files.",
    instead: "Write `for await (const path of glob(pattern))`.",
    replacement: promised("glob", false),
  },
  opendirSync: {
    kind: "sync_io",
    why: FILES,
    instead: "Await opendir() of node:fs/promises.",
    replacement: promised("opendir", true),
  },
  mkdtempDisposableSync: {
    kind: "sync_io",
    why: FILES,
    instead:
      "Write `await using folder = await mkdtempDisposable(prefix)` with node:fs/promises.",
    replacement: promised("mkdtempDisposable", false),
  },
  "Dir.prototype.readSync": {
    kind: "sync_io",
    why: FILES,
    instead: "Await read() of the same Dir, or `for await` over it.",
    replacement: {
      module: "node:fs",
      name: "Dir.prototype.read",
      sameArguments: true,
    },
  },
  "Dir.prototype.closeSync": {
    kind: "sync_io",
    why: FILES,
    instead: "Await close() of the same Dir.",
    replacement: {
      module: "node:fs",
      name: "Dir.prototype.close",
      sameArguments: true,
    },
  },
  "Utf8Stream.prototype.flushSync": {
    kind: "sync_io",
    why: "Holds the loop until all that is buffered has been written.",
    instead: "Call flush() with a callback.",
    replacement: {
      module: "node:fs",
      name: "Utf8Stream.prototype.flush",
      sameArguments: false,
    },
  },
};

export const nodeFiles: Rule = ({ module, name }) => {
  if (module !== "node:fs") return undefined;
  const special = SPECIAL[name];
  if (special !== undefined) return special;
  const other = name.replace(/Sync$/, "");
  if (other in promises) {
    return {
      kind: "sync_io",
      why: FILES,
      instead: `Await ${other}() of node:fs/promises with the same arguments.`,
      replacement: promised(other, true),
    };
  }
  if (!(other in fs)) return undefined;
  // What is left takes a file descriptor: there a FileHandle is the way.
  const method = other.replace(/^f(?!d)/, "").replace(
    /^fdatasync$/,
    "datasync",
  );
  return {
    kind: "sync_io",
    why: FILES,
    instead:
      `Open the file with open() of node:fs/promises, and await ${method}() of its FileHandle.`,
    replacement: { module: "node:fs", name: other, sameArguments: false },
  };
};

export const namedNodeFiles: readonly NamedFact[] = [{
  module: "node:fs",
  name: "realpathSync.native",
  kind: "sync_io",
  why: FILES,
  instead: "Await realpath() of node:fs/promises.",
  replacement: promised("realpath", true),
}, {
  module: "node:fs",
  name: "SyncWriteStream",
  call: "constructor",
  nature: "in_name_only",
  kind: "sync_io",
  why: "A stream that writes each chunk synchronously.",
  instead: "Use createWriteStream().",
  replacement: {
    module: "node:fs",
    name: "createWriteStream",
    sameArguments: false,
  },
}];
