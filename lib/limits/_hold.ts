import { type Scope, touch } from "./holder.ts";
import type { ListNode } from "./_list.ts";
import type { Permit } from "./types.ts";

/** What gave a permit and takes it back. */
export interface HoldOwner {
  readonly name: string;
  takeBack(hold: Hold, outcome: "completed" | "failed"): void;
}

/** A permit, with what the reports want to know of it. */
export class Hold implements Permit {
  readonly owner: HoldOwner;
  readonly key: string | null;
  readonly holder: string;
  readonly since: number;
  readonly waitedMs: number;
  /** Its place among the holds of its limit. */
  node: ListNode<Hold> | undefined;
  /** Where it was taken. */
  readonly scope: Scope | undefined;
  /** Of the work that `run` does under it. */
  inner: Scope | undefined;
  released = false;

  constructor(owner: HoldOwner, facts: {
    key: string | null;
    holder: string;
    since: number;
    waitedMs: number;
    scope: Scope | undefined;
  }) {
    this.owner = owner;
    this.key = facts.key;
    this.holder = facts.holder;
    this.since = facts.since;
    this.waitedMs = facts.waitedMs;
    this.scope = facts.scope;
    if (this.scope !== undefined) {
      this.scope.holds.add(this);
      touch(this.scope);
    }
  }

  release(outcome: "completed" | "failed" = "completed"): void {
    if (this.released) return;
    this.released = true;
    if (this.scope !== undefined) {
      this.scope.holds.delete(this);
      touch(this.scope);
    }
    this.owner.takeBack(this, outcome);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
