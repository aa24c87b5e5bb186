import {
  type Deadline,
  type Permit,
  startDeadline,
} from "@loophound/toolkit/limits";
import { HttpDeadlineError, type HttpPhase } from "./errors.ts";

/** Options of {@linkcode Call}. */
export interface CallOptions {
  url: URL;
  deadlineMs: number;
  signal: AbortSignal | undefined;
  /** Called once; with what the call failed with, if it did. */
  onEnd: (call: Call, failure?: { readonly error: unknown }) => void;
}

/**
 * One call of a client, from its start to the last byte of its body, over all
 * redirects and attempts. Whatever it holds is given back when it ends.
 */
export class Call {
  /** What it asks now, and what led there. */
  readonly chain: URL[];
  phase: HttpPhase = "waiting for a place";
  readonly deadlineMs: number;
  readonly #deadline: Deadline;
  readonly #stop = new AbortController();
  readonly #permits = new Set<Permit>();
  readonly #onEnd: CallOptions["onEnd"];
  #ended = false;

  constructor({ url, deadlineMs, signal, onEnd }: CallOptions) {
    this.chain = [url];
    this.deadlineMs = deadlineMs;
    this.#onEnd = onEnd;
    const deadline = startDeadline({ ms: deadlineMs, signal });
    this.#deadline = deadline;
    const passed = () =>
      this.fail(
        deadline.passed
          ? new HttpDeadlineError(this.url, this.phase, deadlineMs)
          : deadline.signal.reason,
      );
    if (deadline.signal.aborted) passed();
    else deadline.signal.addEventListener("abort", passed, { once: true });
  }

  get url(): URL {
    return this.chain.at(-1)!;
  }

  /** Aborts with what callers shall get, when the call fails in any way. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Milliseconds until the deadline. */
  remainingMs(): number {
    return this.#deadline.remainingMs();
  }

  /** Gives the permit back at the end, if no one does earlier. */
  keep(permit: Permit): void {
    if (this.#ended) permit.release("failed");
    else this.#permits.add(permit);
  }

  release(permit: Permit, outcome: "completed" | "failed"): void {
    this.#permits.delete(permit);
    permit.release(outcome);
  }

  /**
   * Fails the call with what may come after its end: all was read, and it is
   * of no use.
   *
   * @returns The error, to be thrown.
   */
  spoil<E>(error: E): E {
    if (this.#ended) this.#onEnd(this, { error });
    else this.fail(error);
    return error;
  }

  /** Ends the call: all is read, or no one wants more. */
  end(): void {
    this.#finish("completed");
  }

  /** Ends the call and all that goes on for it. Only the first reason counts. */
  fail(error: unknown): void {
    if (this.#ended) return;
    // Before the permits are given back: whoever comes next shall find the
    // connection closed.
    this.#stop.abort(error);
    this.#finish("failed", { error });
  }

  #finish(
    outcome: "completed" | "failed",
    failure?: { readonly error: unknown },
  ): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#deadline[Symbol.dispose]();
    for (const permit of this.#permits) this.release(permit, outcome);
    this.#onEnd(this, failure);
  }
}
