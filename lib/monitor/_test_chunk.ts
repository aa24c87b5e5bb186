import type { ProfileNode } from "./_cpu_profile.ts";
import type { ProfileChunk } from "./_rolling_profile.ts";

/** The program's one file. There is none. */
export const APP = "file:///srv/app.ts";

/** A call tree: `[id, name, url, line, children]`; a sample every 2 ms from 100 ms on. */
export function chunk(
  nodes: [number, string, string, number, number[]][],
  samples: number[],
  ticks: Record<number, { line: number; ticks: number }[]> = {},
): ProfileChunk {
  return {
    from: 100,
    to: 100 + 2 * samples.length + 1,
    turnFrom: 0,
    profile: {
      nodes: nodes.map(([id, functionName, url, lineNumber, children]) => ({
        id,
        callFrame: { functionName, url, lineNumber, columnNumber: 4 },
        children,
        positionTicks: ticks[id] ?? [],
      })) as ProfileNode[],
      startTime: 5_000_000,
      endTime: 5_000_000,
      samples,
      timeDeltas: samples.map(() => 2_000),
    },
  };
}

/** `handle` calls `helper`, which reads a file, and `other`. */
export const TREE: [number, string, string, number, number[]][] = [
  [1, "(root)", "", -1, [2, 3, 4]],
  [2, "(program)", "", -1, []],
  [3, "(garbage collector)", "", -1, []],
  [4, "handle", APP, 9, [5, 8]],
  [5, "helper", APP, 19, [6]],
  [6, "readFileSync", "ext:deno_node/fs.ts", 0, [7]],
  [7, "op_fs_read_file_sync", "", -1, []],
  [8, "other", APP, 29, []],
];
