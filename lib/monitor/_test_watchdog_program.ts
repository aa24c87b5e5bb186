// A program of its own for watchdog_test.ts, whose loop may be held. What it
// writes to stdout are facts for the test; stderr is the watchdog's.
import inspector from "node:inspector";
import { pbkdf2Sync } from "node:crypto";
import { threadsAlive } from "@loophound/toolkit/offload";
import { Heartbeat } from "./_heartbeat.ts";
import { sleep } from "./_testing.ts";
import { startWatchdog, type WatchdogOptions } from "./watchdog.ts";

/** What the program is to do. */
export interface Orders {
  how: "spin" | "native" | "stderr" | "breakpoint" | "idle";
  /** Milliseconds; null: for ever. */
  holdMs: number | null;
  /** Label of the call that holds the loop. */
  label: string | null;
  options: WatchdogOptions;
  /** Whether to stop the watchdog before the end. */
  stop: boolean;
}

function innermost(ms: number | null): void {
  const end = performance.now() + (ms ?? Infinity);
  while (performance.now() < end); // the line that holds the loop
}

class Handler {
  async handle(ms: number | null): Promise<void> {
    await Promise.resolve();
    innermost(ms);
  }
}

async function hold({ how, holdMs }: Orders): Promise<void> {
  switch (how) {
    case "spin":
      return await new Handler().handle(holdMs);
    case "native": {
      // As many rounds as take so long here.
      const start = performance.now();
      pbkdf2Sync("secret", "salt", 100_000, 64, "sha512");
      const rounds = 100_000 * (holdMs ?? 0) / (performance.now() - start);
      pbkdf2Sync("secret", "salt", Math.round(rounds), 64, "sha512");
      return;
    }
    case "stderr":
      // Into a pipe that nobody reads: the loop is held in the write itself.
      console.error("x".repeat(4 * 2 ** 20));
      return;
    case "breakpoint": {
      say({ inspector: inspector.url() });
      const scope = globalThis as { attached?: boolean };
      while (scope.attached !== true) await sleep(5);
      // deno-lint-ignore no-debugger -- the test's debugger holds the loop here
      debugger;
      return;
    }
    case "idle": {
      const end = performance.now() + (holdMs ?? Infinity);
      while (performance.now() < end) await sleep(1);
    }
  }
}

function say(fact: object): void {
  console.log(JSON.stringify(fact));
}

const orders = JSON.parse(Deno.args[0] ?? "") as Orders;
const heartbeat = new Heartbeat();
let beats = 0;
const ticker = setInterval(() => {
  beats++;
  heartbeat.beat(performance.now());
}, 2);
Deno.unrefTimer(ticker);

const watchdog = startWatchdog(heartbeat, { graceMs: 100, ...orders.options });
watchdog.onStall((stall) => say({ stall }));
await sleep(600);
say({ pid: Deno.pid, missing: watchdog.liveStackMissing });

if (orders.label !== null) {
  heartbeat.enter(heartbeat.idOf(orders.label), performance.now());
}
await hold(orders);
heartbeat.leave();
const before = beats;
await sleep(600);
say({ wentOn: beats > before });
if (orders.stop) {
  await watchdog.stop();
  await watchdog.stop();
  say({ threads: threadsAlive(), alive: watchdog.alive });
}
