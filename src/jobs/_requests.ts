import { createHash } from "node:crypto";
import type { JobRow } from "./_rows.ts";
import { sorted } from "./dedup_key.ts";
import type { LoadRequest } from "./types.ts";

/** What of a load is shown as its input. */
export function inputOf(request: LoadRequest): Record<string, unknown> {
  const { fields, file, dryRun, sample } = request;
  const what = file === undefined
    ? {}
    : file.spooled
    ? { upload: { bytes: file.bytes, sha256: file.sha256 ?? null } }
    : { path: file.name };
  return { ...fields, ...what, dry_run: dryRun, ...(sample ? { sample } : {}) };
}

/**
 * Says which requests are the same to who sends them: a path is the same
 * although the file behind it has changed, an upload is its bytes.
 */
export function requestOf(
  job: Pick<JobRow, "kind" | "source" | "input">,
): string {
  const { kind, source, input } = job;
  return createHash("sha256")
    .update(JSON.stringify(sorted({ kind, source, input }))).digest("hex");
}
