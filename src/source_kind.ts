/** What a source reads. */
export type SourceKind = "file" | "folder" | "page" | "service";

/** All kinds, in the order the docs tell them. */
export const ALL_SOURCE_KINDS: readonly SourceKind[] = [
  "file",
  "folder",
  "page",
  "service",
];
