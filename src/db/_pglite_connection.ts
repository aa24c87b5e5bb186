import type {
  SqlConnection,
  SqlResult,
  SqlStatement,
} from "@loophound/toolkit/sql";
import type { PgliteClient } from "./_pglite_client.ts";
import type { Lane } from "./_pglite_protocol.ts";
import { textValues } from "./_values.ts";
import type { WireReply } from "./_wire_read.ts";
import { copyIn, extendedQuery, simpleQuery } from "./_wire_write.ts";

/**
 * The wire message of a statement: without parameters it may hold several
 * statements, as with `npm:pg`.
 */
export function statementPart(
  sql: string,
  params?: readonly unknown[],
): Uint8Array {
  return params === undefined || params.length === 0
    ? simpleQuery(sql)
    : extendedQuery(sql, textValues(params));
}

function lastOf<R>(results: WireReply["results"] | undefined): SqlResult<R> {
  const last = results?.at(-1);
  return {
    rows: (last?.rows ?? []) as R[],
    affected: last?.affected ?? 0,
  };
}

/** A {@linkcode SqlConnection} in `embedded` mode. It closes the client. */
export function pgliteConnection(
  client: PgliteClient,
  lane: Lane,
): SqlConnection {
  return {
    mode: "embedded",
    async query<R>(sql: string, params?: readonly unknown[]) {
      const { replies } = await client.turn([statementPart(sql, params)], {
        lane,
      });
      return lastOf<R>(replies[0]);
    },
    async batch(statements: readonly SqlStatement[]) {
      if (statements.length === 0) return [];
      const parts = statements.map(({ sql, params, copy }) =>
        copy === undefined ? statementPart(sql, params) : copyIn(sql, copy)
      );
      const { replies } = await client.turn(parts, { lane, atomic: true });
      return replies.map((results) => lastOf<Record<string, unknown>>(results));
    },
    copyFrom() {
      return Promise.reject(
        new Error(
          "Cannot feed COPY from a stream: the embedded engine takes its bytes in batches",
        ),
      );
    },
    lock: (name, options) => client.lock(name, options),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
