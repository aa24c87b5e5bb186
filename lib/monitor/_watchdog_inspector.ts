import inspector from "node:inspector";
import { isGranted } from "./_permissions.ts";
import { unrefTimer } from "./_unref_timer.ts";

/** What the thread may know of this process's inspector. */
export interface InspectorState {
  url: string | null;
  /** A debugger may hold the loop, and the thread may not ask it. */
  blind: boolean;
}

/** How many watchdogs of this isolate have the inspector open that one of them opened. */
let own = 0;

/**
 * Whether an inspector's port is open that is no watchdog's: somebody may hold
 * the loop at a breakpoint. False where one may not ask.
 */
export function isInspected(): boolean {
  if (own > 0) return false;
  try {
    mayAsk ??= isGranted({ name: "sys", kind: "inspector" });
    return mayAsk && inspector.url() != null;
  } catch {
    return false;
  }
}

/** Known once: asking is slow, and asking the inspector without it throws or prompts. */
let mayAsk: boolean | undefined;

/** Milliseconds between two looks at whether somebody opened the inspector (0.7 µs each). */
const LOOK_MS = 1_000;

/** Opens the inspector if nobody has; says why it could not. */
function open(): { opened: boolean; missing: string | null } {
  try {
    const host = new URL(inspector.url() ?? "ws://127.0.0.1").host;
    if (!isGranted({ name: "net", host })) {
      return {
        opened: false,
        missing: `No live stacks: --allow-net=${host} is not granted`,
      };
    }
    if (inspector.url() != null) return { opened: false, missing: null };
    // Port 0: any that is free. Never on an address that others reach.
    inspector.open(0, "127.0.0.1");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { opened: false, missing: `No live stacks: ${why}` };
  }
  return inspector.url() == null
    ? { opened: false, missing: "No live stacks: this host has no inspector" }
    : { opened: true, missing: null };
}

/**
 * Follows the process's inspector, whoever opened it, and opens it for live
 * stacks.
 *
 * @param liveStack Whether live stacks are wanted.
 * @param onChange Called at once and whenever the state changes.
 * @returns `missing`: why there will be no live stacks, else null.
 */
export function openInspector(
  liveStack: boolean,
  onChange: (state: InspectorState) => void,
): { missing: string | null; close(): void } {
  if (!isGranted({ name: "sys", kind: "inspector" })) {
    return {
      missing: liveStack ? "No live stacks: --allow-sys is not granted" : null,
      close() {},
    };
  }
  const { opened, missing } = liveStack
    ? open()
    : { opened: false, missing: null };
  if (opened) own++;
  let known: string | null = null;
  const look = () => {
    const url = inspector.url() ?? null;
    if (url === known) return;
    known = url;
    const blind = url !== null &&
      !isGranted({ name: "net", host: new URL(url).host });
    onChange({ url: blind ? null : url, blind });
  };
  look();
  const timer = setInterval(look, LOOK_MS);
  unrefTimer(timer);
  let closed = false;
  return {
    missing,
    close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      if (!opened) return;
      own--;
      inspector.close();
    },
  };
}
