import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import type { FoundApi } from "./_found_api.ts";

/** What is known of an API, beyond where it is found. */
export interface Fact {
  /** @default {"sync"} */
  nature?: BlockingApi["nature"];
  kind: BlockingApi["kind"];
  /** @default {null} */
  size?: BlockingApi["size"];
  why: string;
  instead: string;
  /** @default {null} */
  replacement?: BlockingApi["replacement"];
  /** @default {true} */
  byDefault?: boolean;
  /** @default {false} */
  withoutCallback?: boolean;
  /** @default {false} */
  withCallback?: boolean;
}

/** What is known of one API, by its name: for those no walk can find. */
export interface NamedFact extends Fact {
  module: BlockingApi["module"];
  name: string;
  /** @default {"method" on a prototype, "function" otherwise} */
  call?: BlockingApi["call"];
}

/** Answers what is known of an API that the walk found, if it knows it. */
export type Rule = (api: FoundApi) => Fact | undefined;

/** Several facts that differ in their names alone. */
export function sameFact(
  module: NamedFact["module"],
  names: readonly string[],
  fact: Omit<NamedFact, "module" | "name">,
): NamedFact[] {
  return names.map((name) => ({ module, name, ...fact }));
}
