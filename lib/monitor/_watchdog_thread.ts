// The thread that watches the loop. It owns nothing but timers: whatever
// happens to the loop, it goes on.
import { formatJson, formatPretty } from "@loophound/toolkit/logging";
import { openThreadPort } from "@loophound/toolkit/offload";
import { culpritOf, formatFrame } from "@loophound/toolkit/stack";
import { Heartbeat } from "./_heartbeat.ts";
import { StallClock } from "./_watchdog_clock.ts";
import { lookAtLoop, type LoopLook } from "./_watchdog_debugger.ts";
import { ABORTED_STATUS, endProcess } from "./_watchdog_exit.ts";
import type {
  FromWatchdog,
  StallReport,
  ToWatchdog,
  WatchdogInit,
} from "./_watchdog_messages.ts";
import { WatchdogWriter } from "./_watchdog_writer.ts";

/** Frames in a report. */
const STACK_FRAMES = 12;
/** Milliseconds that the last line may take before the process ends. */
const LAST_LINE_MS = 200;
/** Milliseconds between two attempts to end the process. */
const NEXT_ATTEMPT_MS = 1_000;

const port = openThreadPort();
let inspectorUrl: string | null = null;
let blind = false;

port.onMessage((message) => {
  const told = message as ToWatchdog;
  if ("init" in told) watch(told.init);
  else ({ url: inspectorUrl, blind } = told.inspector);
});

function watch(init: WatchdogInit): void {
  const { limits, liveStack, format, colors, stream, name } = init;
  const heartbeat = new Heartbeat(init.buffer);
  const writer = new WatchdogWriter(stream);
  const clock = new StallClock(
    limits,
    performance.now(),
    heartbeat.read().beats,
  );
  let speaking = false;
  let heldUntil: Promise<void> | null = null;
  /** What the newest report said. */
  let said: StallReport | null = null;

  function poll(): void {
    const now = performance.now();
    const { beats, beatAt, stopped } = heartbeat.read();
    const total = clock.look({
      now,
      beats,
      sinceBeat: performance.timeOrigin + now - beatAt,
      excused: stopped || heldUntil !== null || blind,
    });
    if (total !== null) onOver(total);
    else if (clock.due() !== null && !speaking) {
      speaking = true;
      void speak(beats).finally(() => speaking = false);
    }
    setTimeout(poll, clock.pollMs);
  }

  async function speak(beats: number): Promise<void> {
    const due = clock.due();
    if (due === "report") {
      clock.reported();
      // Should the loop turn while it is looked at: that much is known.
      said = describe({ heldUntil: null, stack: null }, "for #");
    }
    const look = inspectorUrl === null
      ? { heldUntil: null, stack: null }
      : await lookAtLoop(inspectorUrl, liveStack);
    if (look.heldUntil !== null) {
      said = null;
      heldUntil = look.heldUntil.then(() => void (heldUntil = null));
      return;
    }
    if (heartbeat.read().beats !== beats) return;
    if (due === "exit") return await exit(look, beats);
    said = describe(look, "for # and counting");
    void log("error", said);
  }

  function describe({ stack }: LoopLook, how: string): StallReport {
    const { label } = heartbeat.read();
    const ms = clock.stalledMs;
    const culprit = stack === null ? null : culpritOf(stack);
    const where = label === null ? "outside any handler" : `in ${label}`;
    const at = culprit === null ? "" : `, at ${formatFrame(culprit)}`;
    return {
      message: `Event loop stalled ${where} ${
        how.replace("#", inSeconds(ms))
      }${at}`,
      route: label,
      since: new Date(Date.now() - ms).toISOString(),
      stalled_ms: Math.round(ms),
      reports: clock.reports,
      culprit,
      // What has no culprit in it is the runtime's or the toolkit's own.
      stack: (stack ?? []).filter((frame) => culpritOf([frame]) !== null)
        .slice(0, STACK_FRAMES).map(formatFrame),
    };
  }

  function onOver(total: number): void {
    if (said === null) return;
    const { route, since, culprit, stack } = said;
    const where = route === null ? "outside any handler" : `in ${route}`;
    const report: StallReport = {
      message: `Event loop turns again after ${inSeconds(total)} ${where}`,
      route,
      since,
      stalled_ms: Math.round(total),
      reports: said.reports,
      culprit,
      stack,
    };
    said = null;
    void log("warning", report);
    port.post({ stall: report } satisfies FromWatchdog);
  }

  async function exit(look: LoopLook, beats: number): Promise<void> {
    const report = describe(
      look,
      `for #: ending the process (status ${ABORTED_STATUS})`,
    );
    await Promise.race([
      log("fatal", report),
      new Promise((resolve) => setTimeout(resolve, LAST_LINE_MS)),
    ]);
    for (let attempt = 0; heartbeat.read().beats === beats; attempt++) {
      try {
        endProcess(attempt);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        void writer.write(`Cannot end the process: ${why}\n`);
      }
      await new Promise((resolve) => setTimeout(resolve, NEXT_ATTEMPT_MS));
    }
  }

  function log(
    level: "warning" | "error" | "fatal",
    report: StallReport,
  ): Promise<void> {
    const { message, stack, ...properties } = report;
    const lost = writer.dropped;
    const json = format === "json";
    const text = json || level === "warning"
      ? message
      : [message, ...stack].join("\nat ");
    const record = {
      category: ["loophound", "watchdog"],
      level,
      message: [text],
      rawMessage: text,
      timestamp: Date.now(),
      properties: {
        ...(json && { ...properties, stack }),
        ...(name !== null && { name }),
        ...(lost > 0 && { dropped: lost }),
      },
    };
    return writer.write(
      json ? formatJson(record) : formatPretty(record, { colors }),
    );
  }

  poll();
  port.post({ ready: true } satisfies FromWatchdog);
}

/** `1.0 s`. */
function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
