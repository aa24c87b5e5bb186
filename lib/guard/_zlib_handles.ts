import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import { gate, now, refuse, tell } from "./_dispatch.ts";
import type { Entry, Watcher } from "./_entry.ts";
import { Patch, type Removable } from "./_patch.ts";
import { builtinModule, type Callable } from "./_place.ts";
import { SyncCall } from "./_sync_call.ts";

/**
 * `node:zlib` is frozen on Deno, and linked by its name whatever a hook says.
 * What all its synchronous functions do, imported in whatever way, is write to a
 * native handle: `writeSync` of the handle's class for each piece of output,
 * then `close`. These methods can be replaced. One handle is one call.
 */

/** A call that is under way. */
interface Run {
  entry: Entry;
  watchers: readonly Watcher[];
  top: Callable;
  /** Null while it is not known to be large enough. */
  call: SyncCall | null;
  /** Milliseconds. */
  ms: number;
  /** Bytes that came out. */
  written: number;
}

/** The runtime's object behind a stream or a synchronous call. */
type Handle = object;

/** An API, and the runtime's function that is on the stack while it is called. */
interface Guarded {
  entry: Entry;
  top: Callable;
}

/** By class of engine: `Gzip`. */
const engines = new Map<string, Guarded>();
/** Null: the handle's call is not told. */
const runs = new WeakMap<Handle, Run | null>();
/** Classes of handles in use, and by how many entries. */
const guarded = new Map<NativeClass, { patches: Patch[]; users: number }>();

/** Whether an API is one that is reached this way. */
export function isReadOnlyZlib(api: BlockingApi): boolean {
  return api.module === "node:zlib" && api.name.endsWith("Sync");
}

/**
 * Guards the handles that an API writes to.
 *
 * @param entry The API.
 * @param top The runtime's function.
 * @returns What takes the guard out again, or the reason why it cannot be.
 */
export function guardHandles(
  entry: Entry,
  top: Callable,
): Removable[] | string {
  const engine = engineOf(entry.api);
  const prototype = handleClass(engine);
  if (prototype === null) return "this host hides what its functions write to";
  const use = guarded.get(prototype) ??
    { patches: patchHandles(prototype), users: 0 };
  guarded.set(prototype, use);
  use.users++;
  engines.set(engine, { entry, top });
  const remove = () => {
    engines.delete(engine);
    if (--use.users > 0) return;
    guarded.delete(prototype);
    for (const patch of use.patches.reverse()) patch.remove();
  };
  return [{ remove }];
}

/** `gzipSync` is done by a `Gzip`. */
function engineOf({ name }: BlockingApi): string {
  return name.charAt(0).toUpperCase() + name.slice(1, -"Sync".length);
}

/** Prototype of a class of handles. */
interface NativeClass {
  writeSync: Callable;
  close: Callable;
}

interface Engine {
  _handle?: Handle;
  close?: () => void;
}

/** Found once: making an engine takes up to 7 ms the first time. */
const classes = new Map<string, NativeClass | null>();

function handleClass(engine: string): NativeClass | null {
  const known = classes.get(engine);
  if (known !== undefined) return known;
  const found = findHandleClass(engine);
  classes.set(engine, found);
  return found;
}

function findHandleClass(engine: string): NativeClass | null {
  const create = builtinModule("node:zlib")?.[`create${engine}`];
  if (typeof create !== "function") return null;
  try {
    const made = create() as Engine;
    const handle = made._handle;
    made.close?.();
    const prototype = Object.getPrototypeOf(handle ?? {});
    return typeof prototype.writeSync === "function" &&
        typeof prototype.close === "function"
      ? prototype
      : null;
  } catch {
    // Some hosts export what they cannot do yet.
    return null;
  }
}

function patchHandles(prototype: NativeClass): Patch[] {
  const { writeSync, close } = prototype;
  const write = new Patch(
    prototype,
    "writeSync",
    function (this: Handle, ...args: unknown[]): unknown {
      const run = runOf(this, args);
      if (run === null) return Reflect.apply(writeSync, this, args);
      const start = now();
      try {
        return Reflect.apply(writeSync, this, args);
      } finally {
        run.ms += now() - start;
        run.written += writtenBy(args);
        lookAtResult(run);
      }
    },
  );
  try {
    const end = function (this: Handle, ...args: unknown[]): unknown {
      const result = Reflect.apply(close, this, args);
      const error = finish(this);
      if (error !== null) throw error;
      return result;
    };
    return [write, new Patch(prototype, "close", end)];
  } catch (error) {
    write.remove();
    throw error;
  }
}

/** The call that a handle is written to for; null: it is not told. */
function runOf(handle: Handle, args: readonly unknown[]): Run | null {
  if (gate.busy) return null;
  const known = runs.get(handle);
  if (known !== undefined) return known;
  // Refused or not told: once for all pieces.
  runs.set(handle, null);
  const run = begin(handle, args);
  if (run === null) return null;
  runs.set(handle, run);
  // After an error nobody closes the handle.
  queueMicrotask(() => {
    const error = finish(handle);
    if (error !== null) reportError(error);
  });
  return run;
}

/** `writeSync(flush, input, offset, length, output, offset, length, left)`. */
function begin(handle: Handle, args: readonly unknown[]): Run | null {
  const found = engines.get(ownerOf(handle));
  if (found === undefined) return null;
  const { entry, top } = found;
  const { id, size } = entry.api;
  if (gate.probed !== null) {
    gate.probed.add(id);
    return null;
  }
  const watchers = entry.armedSince(now());
  if (watchers.length === 0) return null;
  const run: Run = { entry, watchers, top, call: null, ms: 0, written: 0 };
  if (size?.of === "result") return run;
  const length = typeof args[3] === "number" ? args[3] : 0;
  if (size !== null && length < size.over) return null;
  const call = new SyncCall(entry.api, length, top);
  refuse(call, watchers);
  hold(run, call);
  return run;
}

/** Bytes that one `writeSync` gave: its room, less what it left in `[left, …]`. */
function writtenBy(args: readonly unknown[]): number {
  const [, , , , , , room, state] = args;
  return typeof room === "number" && state instanceof Uint32Array
    ? room - (state[0] ?? room)
    : 0;
}

/** Makes a call of a run as soon as its result is large enough. */
function lookAtResult(run: Run): void {
  const { entry, written, top } = run;
  if (run.call !== null) return;
  if (written >= (entry.api.size?.over ?? 0)) {
    hold(run, new SyncCall(entry.api, written, top));
  }
}

/** Keeps where the call comes from, for the time when it has ended. */
function hold(run: Run, call: SyncCall): void {
  for (const watcher of run.watchers) watcher.examine(call);
  call.seal();
  run.call = call;
}

/** Name of the class of the engine that a handle belongs to. */
function ownerOf(handle: Handle): string {
  for (const key of Object.getOwnPropertySymbols(handle)) {
    if (key.description !== "ownerSymbol") continue;
    const owner: unknown = Reflect.get(handle, key);
    if (typeof owner === "object" && owner !== null) {
      return owner.constructor.name;
    }
  }
  return "";
}

/** Tells of a handle's call, once. */
function finish(handle: Handle): Error | null {
  const run = runs.get(handle);
  if (run == null) return null;
  runs.set(handle, null);
  const { call, entry, ms, watchers, written } = run;
  if (call === null) return null;
  call.durationMs = ms;
  if (entry.api.size?.of === "result") call.size = written;
  return tell(watchers, (watcher) => watcher.after(call));
}
