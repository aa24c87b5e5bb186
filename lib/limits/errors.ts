/** The wait for a limit took longer than its `timeoutMs`. */
export class LimitTimeoutError extends Error {
  override readonly name = "LimitTimeoutError";
  /** The limit's name. */
  readonly limit: string;
  /** The key or host within it, or null. */
  readonly key: string | null;
  /** Milliseconds waited. */
  readonly waitedMs: number;
  /** Who held it, longest first, at most ten. */
  readonly heldBy: readonly { readonly holder: string; readonly ms: number }[];

  constructor(message: string, facts: {
    limit: string;
    key: string | null;
    waitedMs: number;
    heldBy: readonly { readonly holder: string; readonly ms: number }[];
  }) {
    super(message);
    this.limit = facts.limit;
    this.key = facts.key;
    this.waitedMs = facts.waitedMs;
    this.heldBy = facts.heldBy;
  }
}
