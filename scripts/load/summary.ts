import type { JobRecord } from "../../src/jobs/types.ts";
import type { LoadReport } from "../../src/load_report.ts";
import { formatBytes, formatSeconds } from "./bar.ts";

const count = new Intl.NumberFormat("en");

function rejectedLines({ reasons }: LoadReport): string[] {
  return reasons.flatMap((reason) => [
    `  ${count.format(reason.count)} × ${reason.reason}`,
    ...reason.examples.map(({ line, column, text }) =>
      `    line ${line}, column ${column}: ${text}`
    ),
  ]);
}

function reportLines(report: LoadReport): string[] {
  const kept = [
    "inserted",
    "updated",
    "unchanged",
    "duplicates",
    "unresolved",
    "removed",
  ] as const;
  return [
    `  ${count.format(report.rows)} rows of ${formatBytes(report.bytes)}: ${
      count.format(report.accepted)
    } accepted, ${count.format(report.rejected)} rejected`,
    `  ${
      kept.filter((name) => report[name] > 0)
        .map((name) => `${count.format(report[name])} ${name}`).join(", ") ||
      "nothing to write"
    }`,
    ...rejectedLines(report),
    `  The server's loop meanwhile: p99.9 ${
      report.loop.p999_ms.toFixed(1)
    } ms, longest ${
      report.loop.max_ms.toFixed(1)
    } ms, ${report.loop.blocks} blocks`,
  ];
}

function secondsOf({ started_at, finished_at }: JobRecord): string {
  if (started_at === null || finished_at === null) return "";
  const ms = Date.parse(finished_at) - Date.parse(started_at);
  return ms < 60_000
    ? ` in ${(ms / 1000).toFixed(1)} s`
    : ` in ${formatSeconds(ms / 1000)}`;
}

/** What became of a load, in lines for people. */
export function summarize(job: JobRecord): string {
  const what = job.source ?? job.kind;
  if (job.state === "succeeded") {
    const verb = job.report?.dry_run === true ? "Checked" : "Loaded";
    return [
      `${verb} ${what}${secondsOf(job)}`,
      ...(job.report === null ? [] : reportLines(job.report)),
    ].join("\n");
  }
  if (job.state === "cancelled") return `The load of ${what} was cancelled`;
  const { error } = job;
  return [
    `The load of ${what} failed: ${error?.message ?? "no reason is known"}`,
    ...(error?.cause === undefined
      ? []
      : [`  caused by ${error.cause.name}: ${error.cause.message}`]),
  ].join("\n");
}
