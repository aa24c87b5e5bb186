/**
 * Stacks: reads the frames of an error, tells one's own code from that of the
 * runtime and of packages, and finds the line of the TypeScript source.
 *
 * @module
 */
export {
  captureStack,
  culpritOf,
  formatFrame,
  isHidden,
  isOwnFrame,
  parseStack,
  type StackFrame,
} from "./frames.ts";
export {
  createSourceMapper,
  type EmittedPosition,
  type SourceMapper,
  type SourceMapperOptions,
} from "./source_map.ts";
