import { type Finding, type Probe, runProbe } from "./_probe.ts";
import { guardProbe } from "./_probe_guard.ts";
import { lintProbe } from "./_probe_lint.ts";
import { liveStackProbe } from "./_probe_live_stack.ts";
import {
  exactProbe,
  lagProbe,
  runDelayProbe,
  runtimeLagProbe,
  threadCpuProbe,
} from "./_probe_loop.ts";
import { linesProbe, profileProbe } from "./_probe_profile.ts";
import { killProbe, threadsProbe, watchdogProbe } from "./_probe_threads.ts";

/** One after the other: most of them hold the loop, and would see each other. */
export const probes: readonly Probe[] = [
  lagProbe,
  exactProbe,
  profileProbe,
  linesProbe,
  threadCpuProbe,
  runDelayProbe,
  threadsProbe,
  killProbe,
  watchdogProbe,
  liveStackProbe,
  guardProbe,
  lintProbe,
  runtimeLagProbe,
];

/** What the doctor says of a detector. */
export interface Diagnosis extends Finding {
  /** As `--require` names it. */
  id: string;
  title: string;
}

/** What the doctor says of a host. */
export interface DoctorReport {
  deno: string;
  v8: string;
  os: string;
  arch: string;
  cores: number;
  detectors: Diagnosis[];
}

/** Tries every detector on this host, for real; takes some seconds. */
export async function examine(
  tried: readonly Probe[] = probes,
): Promise<DoctorReport> {
  const detectors: Diagnosis[] = [];
  for (const probe of tried) {
    const { id, title } = probe;
    detectors.push({ id, title, ...await runProbe(probe) });
  }
  return {
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    os: Deno.build.os,
    arch: Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    detectors,
  };
}

/** For a terminal: one line a detector, and one more where something is to be done. */
export function formatReport(report: DoctorReport): string {
  const { deno, os, arch, cores, detectors } = report;
  const width = (values: string[]) =>
    Math.max(...values.map((value) => value.length));
  const statuses = width(detectors.map((it) => it.status));
  const ids = width(detectors.map((it) => it.id));
  let text = `Deno ${deno} on ${os} ${arch}, ${cores} ${
    cores === 1 ? "core" : "cores"
  }\n\n`;
  const indent = " ".repeat(statuses + ids + 4);
  for (const { id, title, status, found, fix } of detectors) {
    text += `${status.padEnd(statuses)}  ${id.padEnd(ids)}  ${title}\n`;
    text += `${indent}${found}\n`;
    if (fix !== null) text += `${indent}→ ${fix}\n`;
  }
  return text;
}
