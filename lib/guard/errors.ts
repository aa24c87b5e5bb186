import type { SyncCallReport } from "./types.ts";

/** Thrown in place of a synchronous call by a guard whose action is `throw`. */
export class SyncCallError extends Error {
  override readonly name = "SyncCallError";
  /** The call. */
  readonly report: SyncCallReport;

  /** @param report The call that is refused. */
  constructor(report: SyncCallReport, options?: ErrorOptions) {
    super(`${report.message}: ${report.advice}`, options);
    this.report = report;
  }

  /** Id of the API in the list. */
  get api(): string {
    return this.report.api;
  }

  /** What to do instead. */
  get advice(): string {
    return this.report.advice;
  }
}
