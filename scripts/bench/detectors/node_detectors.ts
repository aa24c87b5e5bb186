/** The detectors of others, on the cases that Node can run. */
import type { BookCase, CaseBook } from "../../../tests/cases/load_book.ts";
import { type NodeCases, PACKAGES } from "./node_setup.ts";
import { runBook } from "./run_book.ts";
import type { Score } from "./score.ts";
import { startSentrySink } from "./sentry_sink.ts";

/** blocked-at's own default. Milliseconds. */
const BLOCKED_AT_MS = 20;
/**
 * Sentry's default is a second, and none of the cases takes that long; its
 * threads look twice in this time. Milliseconds.
 */
const SENTRY_MS = 50;

/** Why a case cannot run on Node 20. */
export function runsOnNode({ file }: BookCase): boolean {
  return file.notOnNode === undefined;
}

/** How one of them did. */
export interface NodeScore {
  name: string;
  score: Score;
}

/** Runs the cases under each of them. */
export async function runNodeDetectors(
  book: CaseBook,
  node: NodeCases,
  options: { workspace: string; occurrences: number },
): Promise<NodeScore[]> {
  const { workspace, occurrences } = options;
  await using sink = startSentrySink();
  const run = (
    detector: string,
    threshold: number,
    collect?: typeof sink.collect,
  ) =>
    runBook(book, {
      occurrences,
      only: runsOnNode,
      host: (file) => ({
        command: "node",
        args: [
          node.host,
          detector,
          String(threshold),
          sink.dsn,
          workspace,
          file,
        ],
        ...(collect === undefined ? {} : { collect }),
      }),
    });
  return [
    {
      name: `blocked-at ${
        PACKAGES["blocked-at"]
      } on Node (${BLOCKED_AT_MS} ms)`,
      score: await run("blocked-at", BLOCKED_AT_MS),
    },
    {
      name: `@sentry/node-native ${
        PACKAGES["@sentry/node-native"]
      } on Node (${SENTRY_MS} ms)`,
      score: await run("sentry", SENTRY_MS, sink.collect),
    },
  ];
}
