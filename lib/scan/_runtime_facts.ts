/**
 * What the scan must know of the runtime besides what blocks: what comes back
 * from a call, so that a method called on it is recognised; and which
 * functions call back later.
 *
 * @module
 */
import type { EntryKind } from "./types.ts";

/** `module path` of a function to `module path` of what it gives. */
const RESULTS: Readonly<Record<string, string>> = {
  "Deno open": "Deno FsFile.prototype",
  "Deno openSync": "Deno FsFile.prototype",
  "Deno create": "Deno FsFile.prototype",
  "Deno createSync": "Deno FsFile.prototype",
  "global fetch": "global Response.prototype",
  "global Response.json": "global Response.prototype",
  "global Response.prototype.clone": "global Response.prototype",
  "global Request.prototype.clone": "global Request.prototype",
  "node:fs opendir": "node:fs Dir.prototype",
  "node:fs opendirSync": "node:fs Dir.prototype",
  "node:fs promises.opendir": "node:fs Dir.prototype",
  "node:fs/promises opendir": "node:fs Dir.prototype",
  "node:crypto createHash": "node:crypto Hash.prototype",
  "node:crypto createHmac": "node:crypto Hmac.prototype",
  "node:crypto createCipheriv": "node:crypto Cipheriv.prototype",
  "node:crypto createDecipheriv": "node:crypto Decipheriv.prototype",
  "node:crypto Hash.prototype.update": "node:crypto Hash.prototype",
  "node:crypto Hmac.prototype.update": "node:crypto Hmac.prototype",
  "node:sqlite DatabaseSync.prototype.prepare":
    "node:sqlite StatementSync.prototype",
  "node:module createRequire": "node:module Module.prototype.require",
};

/** What a call of the runtime gives. */
export function resultOfApi(
  module: string,
  path: string,
): { module: string; path: string } | undefined {
  const found = RESULTS[`${module} ${path}`];
  if (found === undefined) return undefined;
  const [to, name] = found.split(" ");
  return { module: to!, path: name! };
}

/** Objects that are the global one. */
const GLOBAL_SELF = new Set(["globalThis", "self", "window", "global"]);

/** Puts `process`, `globalThis.Deno` and the like where they are listed. */
export function canonicalApi(
  module: string,
  path: string,
): { module: string; path: string } {
  let at = module;
  let name = path;
  for (;;) {
    const cut = name.indexOf(".");
    const first = cut < 0 ? name : name.slice(0, cut);
    const rest = cut < 0 ? "" : name.slice(cut + 1);
    if (at === "global" && GLOBAL_SELF.has(first)) name = rest;
    else if (at === "global" && first === "Deno") {
      return { module: "Deno", path: rest };
    } else if (at === "global" && first === "process") {
      at = "node:process";
      name = rest;
    } else if (at === "global" && name === "require") {
      return { module: "node:module", path: "Module.prototype.require" };
    } else if (at.startsWith("node:") && first === "default") name = rest;
    else return { module: at, path: name };
  }
}

interface Later {
  kind: EntryKind;
  /** Which arguments it calls. */
  callbacks: readonly number[];
  /** Properties that it calls, of an argument that is an object. */
  properties?: readonly string[];
}

const TIMERS = [
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "requestIdleCallback",
];
const SERVERS = [
  "http",
  "https",
  "http2",
  "net",
  "tls",
];

const LATER = new Map<string, Later>([
  ["Deno serve", {
    kind: "serve",
    callbacks: [0, 1],
    properties: ["handler", "fetch", "onError"],
  }],
  ["Deno cron", { kind: "timer", callbacks: [2, 3] }],
  ["Deno addSignalListener", { kind: "event", callbacks: [1] }],
  ["Deno Kv.prototype.listenQueue", { kind: "event", callbacks: [0] }],
  ["node:process nextTick", { kind: "timer", callbacks: [0] }],
  ["node:fs watch", { kind: "event", callbacks: [1, 2] }],
  ["node:fs watchFile", { kind: "event", callbacks: [1, 2] }],
  ["global PerformanceObserver", { kind: "event", callbacks: [0] }],
  ["global FinalizationRegistry", { kind: "event", callbacks: [0] }],
  ...TIMERS.flatMap((name): [string, Later][] =>
    ["global", "node:timers"].map((module) => [
      `${module} ${name}`,
      { kind: "timer", callbacks: [0] },
    ])
  ),
  ...SERVERS.flatMap((name): [string, Later][] =>
    ["createServer", "createSecureServer"].map((make) => [
      `node:${name} ${make}`,
      { kind: "serve", callbacks: [0, 1] },
    ])
  ),
]);

/** Streams by the argument that says what they do. */
const STREAMS = new Map<string, readonly string[]>([
  ["global ReadableStream", ["pull", "cancel"]],
  ["global WritableStream", ["write", "close", "abort"]],
  ["global TransformStream", ["transform", "flush", "cancel"]],
  ...["ReadableStream", "WritableStream", "TransformStream"].map((
    name,
  ): [string, readonly string[]] => [
    `node:stream/web ${name}`,
    ["pull", "write", "close", "transform", "flush", "cancel", "abort"],
  ]),
  ...["Readable", "Writable", "Duplex", "Transform"].flatMap((name) =>
    ["", "Stream."].map((prefix): [string, readonly string[]] => [
      `node:stream ${prefix}${name}`,
      [
        "construct",
        "read",
        "write",
        "writev",
        "final",
        "destroy",
        "transform",
        "flush",
      ],
    ])
  ),
]);

/** Methods that a class on top of a node stream is called by. */
export const NODE_STREAM_METHODS: readonly string[] = [
  "_construct",
  "_read",
  "_write",
  "_writev",
  "_final",
  "_destroy",
  "_transform",
  "_flush",
];

/** What a function or constructor of the runtime calls later. */
export function calledLater(module: string, path: string): Later | undefined {
  const key = `${module} ${path}`;
  const properties = STREAMS.get(key);
  if (properties !== undefined) {
    return { kind: "stream", callbacks: [], properties };
  }
  return LATER.get(key);
}

/** Methods that register a listener, whatever they are called on. */
export const LISTENING: ReadonlySet<string> = new Set([
  "addEventListener",
  "on",
  "once",
  "addListener",
  "prependListener",
  "prependOnceListener",
]);

/** What gives, when looped over, one event after the other. */
export const EVENT_SOURCES: ReadonlySet<string> = new Set([
  "Deno listen",
  "Deno listenTls",
  "Deno serveHttp",
  "Deno watchFs",
  "node:events on",
  "node:timers/promises setInterval",
]);
