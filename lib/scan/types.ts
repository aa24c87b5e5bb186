import type { BlockingApi } from "@loophound/toolkit/blocking_apis";

/** How the loop comes to run a function. */
export type EntryKind =
  /** A handler of a route: `app.get("/x", handler)`. */
  | "route"
  /** `app.use(...)`, `app.onError(...)`, `app.notFound(...)`. */
  | "middleware"
  /** `Deno.serve(handler)`, `export default { fetch }`, `createServer(...)`. */
  | "serve"
  /** `setTimeout`, `setInterval`, `setImmediate`, `queueMicrotask`, `Deno.cron`. */
  | "timer"
  /** `addEventListener`, `.on(...)`, `onmessage = ...`, a signal. */
  | "event"
  /** What a stream calls: `pull`, `transform`, `write`. */
  | "stream"
  /** Handed to a package while the program starts: it calls it when it likes. */
  | "callback";

/** Where the loop enters one's own code. */
export interface ScanEntry {
  readonly kind: EntryKind;
  /**
   * `GET /genes/:symbol`. For a timer, an event or a stream: the route that
   * sets it up, when it is one and only one. Null otherwise.
   */
  readonly route: string | null;
  /** What is entered: `GET /genes/:symbol`, `setInterval`, `on "message"`. */
  readonly label: string;
  /** Path of the file, relative to {@linkcode ScanOptions.root}. */
  readonly file: string;
  /** Where it is registered, counted from 1. */
  readonly line: number;
}

/** A function on the way, with the line in it that calls the next one. */
export interface PathStep {
  /** `Class.method`, `function`, `<anonymous>`. */
  readonly function: string;
  readonly file: string;
  /** Line of the call that leads on, counted from 1. */
  readonly line: number;
}

/** A call that holds the loop, and how the loop gets there. */
export interface ScanFinding {
  /**
   * Stays the same when lines move: file, entry, names of the functions, API.
   */
  readonly fingerprint: string;
  /** `note`: only with {@linkcode ScanOptions.all}; its size decides. */
  readonly level: "finding" | "note";
  readonly entry: ScanEntry;
  readonly api: BlockingApi;
  /** From the function that the loop enters to the one with the call. */
  readonly path: readonly PathStep[];
  /** The last step: the function with the call, and the call's line. */
  readonly culprit: PathStep & {
    /** Column of the call, counted from 1. */
    readonly column: number;
  };
}

/** What is wrong with a `loophound-allow` comment. */
export interface AllowanceFinding {
  readonly kind:
    | "expired"
    | "unused"
    | "no_reason"
    | "unknown_api"
    | "bad_date";
  readonly file: string;
  readonly line: number;
  /** The id that the comment names. */
  readonly id: string;
  readonly message: string;
}

/** What kept a file, or a part of it, from being scanned. */
export interface ScanProblem {
  readonly kind: "syntax" | "missing_module" | "unreadable";
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1. */
  readonly column: number;
  readonly message: string;
}

/** What {@linkcode scan} answers. */
export interface ScanResult {
  /** By file and line of the culprit, then by entry. */
  readonly findings: readonly ScanFinding[];
  readonly allowances: readonly AllowanceFinding[];
  readonly problems: readonly ScanProblem[];
  readonly stats: ScanStats;
}

/** How much was looked at. */
export interface ScanStats {
  /** Files parsed. */
  readonly files: number;
  /** Characters in them. */
  readonly characters: number;
  /** Functions in them. */
  readonly functions: number;
  /** Places where the loop enters. */
  readonly entries: number;
  /** Findings that a `loophound-allow` comment allows. */
  readonly allowed: number;
  /** Files that run in threads only. */
  readonly threadFiles: number;
}

/** What the scan reads files with. Paths are absolute, with `/`. */
export interface ScanHost {
  /** The text of a file; undefined when there is no such file. */
  readText(path: string): Promise<string | undefined>;
  /** What a path is; undefined when there is nothing. */
  kindOf(path: string): Promise<"file" | "folder" | undefined>;
  /** Names in a folder; those of folders end in `/`. */
  list(path: string): Promise<readonly string[]>;
}

/** Options of {@linkcode scan}. */
export interface ScanOptions {
  /**
   * Folder that paths are relative to, in what is given and in what is
   * answered.
   *
   * @default {the current folder}
   */
  root?: string;
  /**
   * A `deno.json`: its import map, its scopes, its workspace.
   *
   * @default {the nearest deno.json or deno.jsonc at or above the first path}
   */
  config?: string;
  /**
   * Also what depends on its size (`JSON.parse`) and what is everywhere and
   * small: as notes.
   *
   * @default {false}
   */
  all?: boolean;
  /**
   * Test files too (`*_test.ts`, `*.test.ts`, `test.ts`, `__tests__/`), where
   * a folder is given.
   *
   * @default {false}
   */
  tests?: boolean;
  /**
   * Functions whose own function arguments run in a thread, as
   * `module#name`: `npm:workerpool#pool.exec`, `./src/jobs.ts#defineJob`.
   *
   * @default {[]}
   */
  offLoop?: readonly string[];
  /**
   * The day that allowances are judged by, as `2027-01-31`.
   *
   * @default {today}
   */
  today?: string;
  /**
   * What files are read with.
   *
   * @default {the file system}
   */
  host?: ScanHost;
}
