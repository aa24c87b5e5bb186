import { watchdogSupport } from "@loophound/toolkit/monitor";
import { startThread } from "@loophound/toolkit/offload";
// Only what is imported is emitted when the toolkit is packed.
import type {} from "./_busy_thread.ts";
import {
  fails,
  type Finding,
  limited,
  type Probe,
  sleep,
  spin,
  within,
  works,
} from "./_probe.ts";

/** For how long the thread would be busy if nobody stopped it. */
const BUSY_MS = 2_500;

const entry = () => new URL("./_busy_thread.ts", import.meta.url);

/** Threads: can work leave the loop at all? */
export const threadsProbe: Probe = {
  id: "threads",
  title: "threads to move work to",
  needs: [{ name: "read" }],
  async run(): Promise<Finding> {
    await using thread = startThread(entry(), { name: "doctor" });
    const started = performance.now();
    const answer = new Promise<unknown>((resolve) => thread.onMessage(resolve));
    thread.post({ answer: true });
    await within(10_000, "a thread's answer", answer);
    return works(
      `kind "${thread.kind}", answered after ${
        (performance.now() - started).toFixed(0)
      } ms`,
    );
  },
};

/** Whether a thread that does not return can be stopped. */
export const killProbe: Probe = {
  id: "kill",
  title: "stopping a busy thread",
  needs: [{ name: "read" }],
  async run(): Promise<Finding> {
    await using thread = startThread(entry(), { name: "doctor" });
    const busy = new Promise<unknown>((resolve) => thread.onMessage(resolve));
    // It ends by itself in any case: what cannot be stopped would burn a core.
    thread.post({ busyMs: BUSY_MS });
    await within(10_000, "a thread's start", busy);
    await sleep(200);
    const started = performance.now();
    await thread.terminate();
    await thread.ended;
    const took = performance.now() - started;
    return took < BUSY_MS / 2
      ? works(`kind "${thread.kind}": gone after ${took.toFixed(0)} ms`)
      : limited(
        `kind "${thread.kind}": a busy thread went on to its end, after ${
          took.toFixed(0)
        } ms`,
        "use Deno 2.9 or later",
      );
  },
};

/** What a watchdog rests on: memory that another thread reads while the loop is held. */
export const watchdogProbe: Probe = {
  id: "watchdog",
  title: "telling a stall while it lasts (watchdog thread)",
  needs: [{ name: "read" }],
  async run(): Promise<Finding> {
    await using thread = startThread(entry(), { name: "doctor" });
    const shared = new Int32Array(new SharedArrayBuffer(8));
    const ready = new Promise<unknown>((resolve) => thread.onMessage(resolve));
    thread.post({ watch: shared.buffer });
    await within(10_000, "a thread's start", ready);
    // The loop stands still; only another thread can write meanwhile.
    Atomics.store(shared, 0, 1);
    spin(200);
    if (Atomics.load(shared, 1) !== 1) {
      return fails("a thread did not run while the loop was held");
    }
    const found = "a thread saw the loop held while it was";
    const { missing } = watchdogSupport();
    return missing.length === 0
      ? works(`${found}, and could end the process`)
      : limited(`${found}; ${missing.join("; ")}`);
  },
};
