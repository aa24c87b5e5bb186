/** What loads, compiles, runs or inspects code: modules, vm, wasm, v8. */
import { type NamedFact, sameFact } from "./_fact.ts";

const START = "Do it once at start-up, before the server listens.";
const THREAD = "Do it in a thread.";

const modules: readonly NamedFact[] = [
  {
    module: "node:module",
    name: "createRequire",
    kind: "module_load",
    why:
      "The `require` it gives reads, compiles and runs a module and all it needs before it returns: 142 ms for a package of 300 files.",
    instead:
      "Write a static import, or require all at start-up, before the server listens.",
  },
  {
    module: "node:module",
    name: "Module.prototype.require",
    kind: "module_load",
    why:
      "Reads, compiles and runs a module and all it needs before it returns: 142 ms for a package of 300 files.",
    instead:
      "Write a static import, or require all at start-up, before the server listens.",
  },
  {
    module: "node:module",
    name: "stripTypeScriptTypes",
    kind: "cpu",
    size: { of: 0, over: 20_000, unit: "characters" },
    why: "Parses and prints the whole source: 23 ms for 90 KB.",
    instead: THREAD,
  },
  {
    module: "Deno",
    name: "dlopen",
    kind: "module_load",
    why:
      "Loads a shared library from disk; each of its symbols without `nonblocking: true` holds the loop while it runs.",
    instead:
      "Open it at start-up, and declare with `nonblocking: true` what takes long.",
  },
  {
    module: "node:process",
    name: "dlopen",
    kind: "module_load",
    why: "Loads a shared library from disk and runs its entry point.",
    instead: START,
  },
];

const wasm: readonly NamedFact[] = [
  {
    module: "global",
    name: "WebAssembly.Module",
    call: "constructor",
    kind: "module_load",
    size: { of: 0, over: 500_000, unit: "bytes" },
    why:
      "Validates and compiles the module on the calling thread: 97 ms for 9 MB.",
    instead: "Await WebAssembly.compile() with the same bytes.",
    replacement: {
      module: "global",
      name: "WebAssembly.compile",
      sameArguments: true,
    },
  },
  {
    module: "global",
    name: "WebAssembly.Instance",
    call: "constructor",
    kind: "module_load",
    why: "Links the module and runs its start function on the calling thread.",
    instead: "Await WebAssembly.instantiate() with the same arguments.",
    replacement: {
      module: "global",
      name: "WebAssembly.instantiate",
      sameArguments: true,
    },
  },
  {
    module: "global",
    name: "WebAssembly.validate",
    kind: "cpu",
    size: { of: 0, over: 500_000, unit: "bytes" },
    why: "Validates the whole module: 88 ms for 9 MB.",
    instead: "Await WebAssembly.compile() and catch its error.",
    replacement: {
      module: "global",
      name: "WebAssembly.compile",
      sameArguments: false,
    },
  },
];

const programs: readonly NamedFact[] = [
  ...sameFact("node:wasi", [
    "WASI.prototype.initialize",
    "WASI.prototype.start",
  ], {
    kind: "cpu",
    why: "Runs the program to its end before it returns, its file calls too.",
    instead: THREAD,
  }),
  ...sameFact("node:vm", [
    "Script.prototype.runInContext",
    "Script.prototype.runInNewContext",
    "Script.prototype.runInThisContext",
    "runInContext",
    "runInNewContext",
    "runInThisContext",
  ], {
    kind: "cpu",
    why:
      "Runs the program to its end before it returns; code that is not yours may never end.",
    instead: THREAD,
  }),
  {
    module: "node:vm",
    name: "Script",
    call: "constructor",
    kind: "cpu",
    size: { of: 0, over: 100_000, unit: "characters" },
    why: "Compiles the source: 60 ms per MB.",
    instead: START,
  },
  {
    module: "node:vm",
    name: "compileFunction",
    kind: "cpu",
    size: { of: 0, over: 100_000, unit: "characters" },
    why: "Compiles the source: 60 ms per MB.",
    instead: START,
  },
  {
    module: "node:vm",
    name: "createContext",
    kind: "cpu",
    why: "Makes a realm with all its built-in objects: 1 ms, at first 2.",
    instead: "Make contexts at start-up and use them again.",
    byDefault: false,
  },
];

const tools: readonly NamedFact[] = [
  {
    module: "node:inspector",
    name: "waitForDebugger",
    kind: "parked",
    why: "Holds the loop until a debugger has connected.",
    instead: "Leave it out of what runs in production.",
  },
  {
    module: "node:inspector",
    name: "Session.prototype.post",
    kind: "cpu",
    why:
      "Runs the command before it returns, callback or not: Profiler.start held the loop 20 to 200 ms.",
    instead: "Start a profile once, at start-up; never on a timer.",
    byDefault: false,
  },
  {
    module: "node:process",
    name: "loadEnvFile",
    kind: "sync_io",
    why: "Reads and parses a file before it returns.",
    instead: START,
  },
  {
    module: "node:process",
    name: "report.getReport",
    kind: "cpu",
    why: "Gathers the state of the process: 3 ms.",
    instead: "Call it only where a stop of the process does no harm.",
    byDefault: false,
  },
  {
    module: "node:process",
    name: "report.writeReport",
    kind: "sync_io",
    why:
      "Gathers the state of the process and writes it to a file before it returns.",
    instead: "Call it only on the way out.",
  },
  {
    module: "node:v8",
    name: "writeHeapSnapshot",
    kind: "sync_io",
    why:
      "Walks the whole heap and writes it to a file: 0.5 s for a heap of 30 MB.",
    instead: "Call it only where a stop of the process does no harm.",
  },
  {
    module: "node:v8",
    name: "getHeapSnapshot",
    nature: "in_name_only",
    kind: "cpu",
    why:
      "Gives a stream and walks the whole heap before it does: 0.3 s for a heap of 30 MB.",
    instead: "Call it only where a stop of the process does no harm.",
  },
  {
    module: "node:v8",
    name: "queryObjects",
    kind: "cpu",
    why: "Collects garbage and walks the whole heap: 0.8 s.",
    instead: "Leave it to tests.",
  },
];

export const code: readonly NamedFact[] = [
  ...modules,
  ...wasm,
  ...programs,
  ...tools,
];
