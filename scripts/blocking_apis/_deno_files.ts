/** Files, permissions and processes of the `Deno` namespace. */
import type { Fact, Rule } from "./_fact.ts";
import { hasPath } from "./resolve_api.ts";

const FILES =
  "Waits in the kernel for the file system: microseconds when cached, as long as it takes on a slow disk or a network mount.";

function asyncOf(name: string): string {
  return name.replace(/Sync$/, "");
}

/** Different from "the same call, awaited". */
const SPECIAL: Record<string, Fact> = {
  readDirSync: {
    kind: "sync_io",
    why: "Reads the folder entry by entry, waiting in the kernel for each.",
    instead: "Write `for await (const entry of Deno.readDir(path))`.",
    replacement: { module: "Deno", name: "readDir", sameArguments: false },
  },
  spawnAndWaitSync: {
    kind: "sync_io",
    why: "Holds the loop until the child process has ended.",
    instead: "Await Deno.spawnAndWait() with the same arguments.",
    replacement: { module: "Deno", name: "spawnAndWait", sameArguments: true },
  },
  "Command.prototype.outputSync": {
    kind: "sync_io",
    why: "Holds the loop until the child process has ended.",
    instead: "Await output() of the same Command.",
    replacement: {
      module: "Deno",
      name: "Command.prototype.output",
      sameArguments: true,
    },
  },
  "FsFile.prototype.lockSync": {
    kind: "sync_io",
    why:
      "Holds the loop until whoever has the lock lets go of it, however long that takes.",
    instead: "Await lock() of the same file.",
    replacement: {
      module: "Deno",
      name: "FsFile.prototype.lock",
      sameArguments: true,
    },
  },
  "stdin.readSync": {
    kind: "sync_io",
    why: "Holds the loop until somebody types or the other side writes.",
    instead: "Await Deno.stdin.read(), or read Deno.stdin.readable.",
    replacement: { module: "Deno", name: "stdin.read", sameArguments: true },
  },
  "Permissions.prototype.requestSync": {
    kind: "parked",
    why: "Holds the loop until somebody has answered the prompt.",
    instead: "Ask at start-up, and await Deno.permissions.request().",
    replacement: {
      module: "Deno",
      name: "Permissions.prototype.request",
      sameArguments: true,
    },
  },
};

const STDIO = new Set(["stdout.writeSync", "stderr.writeSync"]);

function described(name: string): Pick<Fact, "why" | "instead" | "byDefault"> {
  const other = asyncOf(name);
  if (STDIO.has(name)) {
    return {
      why:
        "Holds the loop while nobody reads the pipe: a full one held it 5.9 s.",
      instead:
        `Await Deno.${other}(), or write through a bounded sink off the loop.`,
    };
  }
  if (name.startsWith("FsFile.prototype.")) {
    return {
      why: FILES,
      instead: `Await ${other.split(".").at(-1)}() of the same file.`,
    };
  }
  if (name.startsWith("Permissions.prototype.")) {
    return {
      why: "Asks the permission table on the loop's thread: microseconds.",
      instead: `Await Deno.permissions.${other.split(".").at(-1)}().`,
      byDefault: false,
    };
  }
  return {
    why: FILES,
    instead: `Await Deno.${other}() with the same arguments.`,
  };
}

/** Every `*Sync` of `Deno`: the same name without the suffix, awaited. */
export const denoFiles: Rule = ({ module, name }) => {
  if (module !== "Deno") return undefined;
  const special = SPECIAL[name];
  if (special !== undefined) return special;
  // What comes without its twin is of a new sort: somebody must describe it.
  if (!name.endsWith("Sync") || !hasPath(Deno, asyncOf(name))) return undefined;
  return {
    kind: name.startsWith("Permissions.") ? "cpu" : "sync_io",
    ...described(name),
    replacement: { module: "Deno", name: asyncOf(name), sameArguments: true },
  };
};
