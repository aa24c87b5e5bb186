/**
 * Finds what holds the loop in a whole program without running it: from each
 * handler, timer, event callback and stream callback, through every function
 * of one's own, to the calls of the list of blocking APIs.
 *
 * @module
 */
export {
  type BaselineComparison,
  compareWithBaseline,
  formatBaseline,
  makeBaseline,
  parseBaseline,
  type ScanBaseline,
  shrinkBaseline,
} from "./baseline.ts";
export { formatJson } from "./format_json.ts";
export { formatSarif } from "./format_sarif.ts";
export { formatText } from "./format_text.ts";
export { fileSystem, memoryHost } from "./_host.ts";
export { runScan, type ScanOutput } from "./run_scan.ts";
export { scan } from "./scan.ts";
export type * from "./types.ts";
