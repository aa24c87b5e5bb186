// A program of its own for log_sink_test.ts: its stdout is the test's pipe.
// Says what happened on stderr, one line of JSON.
import { openLogSink } from "./mod.ts";

const [mode, kind, end] = Deno.args;
const log = openLogSink({
  format: "json",
  kind: kind as "node" | "web" | "inline",
  maxBytes: 256 * 1024,
});
let ticks = 0;
const ticker = setInterval(() => ticks++, 2);
let logged = 0;
const record = (text: string) => {
  logged++;
  log.sink({
    category: ["test"],
    level: "info",
    message: [text],
    rawMessage: text,
    timestamp: 0,
    properties: { n: logged },
  });
};
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

if (mode === "order") {
  for (let i = 0; i < 500; i++) {
    record("line");
    if (i % 50 === 0) await turn();
  }
  await log.flush();
} else {
  // Nobody reads, or nobody is there: log on until it has been dropped for
  // long, and the ticker has gone on all the while.
  const text = "x".repeat(1000);
  let before = 0;
  while (log.stats().dropped < 2_000 || ticks - before < 100) {
    if (log.stats().dropped === 0) before = ticks;
    for (let i = 0; i < 20; i++) record(text);
    await turn();
  }
}
const stats = log.stats();
const { dropped } = stats;
if (mode === "resume") {
  // The test reads from now on.
  console.error(JSON.stringify({ dropped }));
  while (log.stats().bytes_in_flight > 0) await turn();
}
clearInterval(ticker);
if (end === "exit") {
  console.error(JSON.stringify({ logged, ticks, stats }));
  Deno.exit(7);
}
await log[Symbol.asyncDispose]();
console.error(JSON.stringify({ logged, ticks, stats, after: log.stats() }));
