/**
 * The one list of APIs that hold the loop. Guard, lint, scan, the test
 * sanitizer and the docs all read it; none has a list of its own.
 *
 * @module
 */
export { blockingApis } from "./_apis.gen.ts";
export { blockingApisById, findBlockingApi } from "./find.ts";
export type {
  BlockingApi,
  BlockingKind,
  BlockingSize,
  Replacement,
} from "./types.ts";
