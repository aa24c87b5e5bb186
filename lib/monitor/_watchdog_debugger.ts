import { parseStack, type StackFrame } from "@loophound/toolkit/stack";

/** What a debugger session learned of a loop that does not turn. */
export interface LoopLook {
  /**
   * Somebody else's debugger holds it, at a breakpoint say: resolves when it
   * lets go. Null when none does.
   */
  heldUntil: Promise<void> | null;
  /** Innermost first; null when it was not asked for or did not come in time. */
  stack: StackFrame[] | null;
}

interface Answer {
  id?: number;
  method?: string;
  result?: { result?: { value?: unknown } };
}

/**
 * Evaluated where the loop was paused. The runtime maps the stack to the
 * TypeScript source, with the maps of the code that runs; a debugger's own
 * positions are of the emitted JavaScript.
 */
const STACK = `(() => {
  const before = Object.getOwnPropertyDescriptor(Error, "prepareStackTrace");
  const limit = Error.stackTraceLimit;
  try {
    Error.prepareStackTrace = undefined;
    Error.stackTraceLimit = 48;
    return new Error().stack;
  } finally {
    if (before === undefined) delete Error.prepareStackTrace;
    else Object.defineProperty(Error, "prepareStackTrace", before);
    Error.stackTraceLimit = limit;
  }
})()`;

/**
 * Milliseconds that a session may take in all. One takes 20 to 100 ms, beside
 * a breakpoint too; only a loop in one native call does not answer.
 */
const SESSION_MS = 500;
/**
 * Milliseconds between two messages of no meaning. The inspector keeps a
 * small answer back until the one before is acknowledged, which takes 40 ms
 * unless it is done with a message that goes there anyway: the loop was paused
 * for 45 ms instead of 3.
 */
const KNOCK_MS = 2;

/**
 * Looks at the main loop through its inspector: whether a debugger holds it
 * and, if asked for, where it is. The loop is paused for that and resumes
 * with the next message, a few milliseconds later; code in one native call
 * cannot be paused and gives no stack.
 *
 * The session is closed at the end: the process would wait for it at its exit.
 *
 * @param url Of the inspector's WebSocket.
 * @param withStack Whether to pause the loop.
 * @returns What is known after at most {@linkcode SESSION_MS}. Never rejects.
 */
export function lookAtLoop(url: string, withStack: boolean): Promise<LoopLook> {
  const { promise, resolve } = Promise.withResolvers<LoopLook>();
  const released = Promise.withResolvers<void>();
  const found: LoopLook = { heldUntil: null, stack: null };
  let socket: WebSocket;
  try {
    socket = new WebSocket(url);
  } catch {
    return Promise.resolve(found);
  }
  let knocking: ReturnType<typeof setInterval> | undefined;
  const timer = setTimeout(done, SESSION_MS);
  // Numbers of the commands whose answers matter, once they are sent.
  let last = 0;
  let enabled = -1;
  let pausing = false;
  let evaluated = -1;
  let resumed = -1;

  function send(method: string, params: object = {}): number {
    socket.send(JSON.stringify({ id: ++last, method, params }));
    return last;
  }

  function answer(): void {
    clearTimeout(timer);
    clearInterval(knocking);
    resolve(found);
  }

  function done(): void {
    answer();
    socket.onmessage = null;
    // Closing lets go of a pause that did not come about, too.
    if (socket.readyState <= WebSocket.OPEN) socket.close();
    released.resolve();
  }

  socket.onerror = socket.onclose = done;
  socket.onopen = () => {
    enabled = send("Debugger.enable");
    knocking = setInterval(() => send("Runtime.getIsolateId"), KNOCK_MS);
  };
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    const { id, method, result } = JSON.parse(data) as Answer;
    if (method === "Debugger.paused" && pausing) {
      evaluated = send("Runtime.evaluate", {
        expression: STACK,
        returnByValue: true,
        silent: true,
      });
      resumed = send("Debugger.resume");
    } else if (method === "Debugger.paused") {
      // Told before a pause was asked for: it is somebody else's.
      found.heldUntil = released.promise;
      answer();
    } else if (method === "Debugger.resumed" && !pausing) done();
    else if (id === enabled && found.heldUntil === null) {
      if (!withStack) return done();
      pausing = true;
      send("Debugger.pause");
    } else if (id === evaluated) {
      const value = result?.result?.value;
      if (typeof value === "string") found.stack = parseStack(value);
    } else if (id === resumed) done();
  };
  return promise;
}
