/**
 * Measures what the list claims of APIs that give a promise, take a callback
 * or are a stream: how long each held the loop at a stretch, beside how long
 * it took, and the processor time of the loop's own thread.
 *
 *     deno run -A scripts/blocking_apis/measure.ts [part of an id]
 *
 * What runs off the loop shows a small "held" and hardly any "own CPU".
 *
 * @module
 */
import process from "node:process";
import type { Probe } from "./_probe.ts";
import { cryptoProbes, subtleProbes } from "./_probes_crypto.ts";
import { otherProbes, pgliteProbes } from "./_probes_engines.ts";
import { fileProbes } from "./_probes_files.ts";
import { bodyProbes, zlibProbes } from "./_probes_web.ts";

/** By subject; each makes its inputs when its turn comes. */
const probes: readonly (() => Probe[] | Promise<Probe[]>)[] = [
  zlibProbes,
  bodyProbes,
  fileProbes,
  subtleProbes,
  cryptoProbes,
  otherProbes,
  pgliteProbes,
];

/** Odd, so that the median is one of them. */
const RUNS = 5;

interface Measured {
  wall: number;
  held: number;
  cpu: number;
}

/** Milliseconds of processor time of this thread, in steps of about 10. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Runs once, with a timer beside it that notes how late it is. */
async function once(run: () => unknown): Promise<Measured> {
  let held = 0;
  let last = performance.now();
  const note = () => {
    const now = performance.now();
    held = Math.max(held, now - last);
    last = now;
  };
  const timer = setInterval(note, 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  held = 0;
  const [started, cpu] = [performance.now(), cpuMs()];
  await run();
  const measured = {
    wall: performance.now() - started,
    cpu: cpuMs() - cpu,
    held: 0,
  };
  note();
  clearInterval(timer);
  return { ...measured, held };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

async function measure({ id, input, run }: Probe): Promise<void> {
  const runs: Measured[] = [];
  for (let at = 0; at < RUNS; at++) runs.push(await once(run));
  const of = (key: keyof Measured) =>
    median(runs.map((one) => one[key])).toFixed(0).padStart(6);
  console.log(
    `${id.padEnd(44)} ${input.padEnd(22)}${of("wall")}${of("held")}${
      of("cpu")
    }`,
  );
}

const wanted = Deno.args[0] ?? "";
console.log(
  `Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} cores; milliseconds, medians of ${RUNS}\n` +
    `${"id".padEnd(44)} ${"input".padEnd(22)}  took  held  own CPU`,
);
for (const make of probes) {
  for (const probe of await make()) {
    if (probe.id.includes(wanted)) await measure(probe);
  }
}
