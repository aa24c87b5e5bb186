import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { getLogger } from "@logtape/logtape";
import {
  CircuitOpenError,
  DeadlineError,
  LimitTimeoutError,
} from "@loophound/toolkit/limits";
import { PoolFullError } from "@loophound/toolkit/offload";
import type { z } from "zod";
import { ProblemError, type ProblemName, problems } from "../src/errors.ts";

const logger = getLogger(["loophound", "http"]);

/** Says an error as an RFC 9457 problem document. */
export function problemResponse(error: ProblemError, path: string): Response {
  const { status, title } = problems[error.problem];
  const headers: Record<string, string> = {
    "content-type": "application/problem+json",
  };
  if (error.retryAfterS !== undefined) {
    headers["retry-after"] = String(Math.ceil(error.retryAfterS));
  }
  if (error.problem === "unauthorized") {
    headers["www-authenticate"] = 'Bearer realm="loophound"';
  }
  return new Response(
    JSON.stringify({
      type: `urn:loophound:problem:${error.problem}`,
      title,
      status,
      detail: error.message,
      instance: path,
      ...(error.errors === undefined ? {} : { errors: error.errors }),
    }),
    { status, headers },
  );
}

function statusProblem(status: number): ProblemName {
  switch (status) {
    case 401:
      return "unauthorized";
    case 404:
      return "not-found";
    case 413:
      return "body-too-large";
    case 415:
      return "unsupported-media-type";
    default:
      return "bad-request";
  }
}

/** What any error means to a client; undefined: the server's own fault. */
function asProblem(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (error instanceof PoolFullError) {
    return new ProblemError("too-busy", {
      detail: error.message,
      retryAfterS: error.retryAfterS,
      cause: error,
    });
  }
  if (error instanceof CircuitOpenError) {
    return new ProblemError("unavailable", {
      detail: error.message,
      retryAfterS: error.retryAfterMs / 1000,
      cause: error,
    });
  }
  if (error instanceof LimitTimeoutError) {
    return new ProblemError("too-busy", {
      detail: error.message,
      retryAfterS: 1,
      cause: error,
    });
  }
  if (error instanceof DeadlineError) {
    return new ProblemError("deadline-exceeded", {
      detail: error.message,
      cause: error,
    });
  }
  if (error instanceof HTTPException && error.status < 500) {
    return new ProblemError(statusProblem(error.status), {
      detail: error.message || "The request is malformed",
      cause: error,
    });
  }
  return undefined;
}

/** Hono's `onError`: every error becomes a problem document. */
export function onError(error: unknown, c: Context): Response {
  const known = asProblem(error);
  if (known !== undefined) return problemResponse(known, c.req.path);
  logger.error("Request failed: {method} {path}", {
    method: c.req.method,
    path: c.req.path,
    error,
  });
  return problemResponse(
    // The cause may name tables, files or hosts: it is logged, not sent.
    new ProblemError("internal", {
      detail: "The request failed on the server; its log says why",
      cause: error,
    }),
    c.req.path,
  );
}

/** Hono's `notFound`. */
export function onNotFound(c: Context): Response {
  return problemResponse(
    new ProblemError("not-found", {
      detail: `There is no ${c.req.method} ${c.req.path}`,
    }),
    c.req.path,
  );
}

/** A zod error as the problem that names every field at fault. */
export function validationProblem(
  error: z.ZodError,
  problem: "invalid-parameter" | "invalid-body" = "invalid-parameter",
): ProblemError {
  const errors = error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({ field: key, detail: "is not known here" }))
      : [{
        field: issue.path.map(String).join(".") || "(the whole)",
        detail: issue.message,
      }]
  );
  return new ProblemError(problem, {
    detail: errors.map(({ field, detail }) => `${field}: ${detail}`).join("; "),
    errors,
  });
}

/** What zod-openapi calls after each validation. */
export function validationHook(
  result:
    | { success: true }
    | { success: false; error: unknown; target?: string },
): void {
  if (result.success) return;
  throw validationProblem(
    result.error as z.ZodError,
    result.target === "json" ? "invalid-body" : "invalid-parameter",
  );
}

/** A status that Hono's typed helpers accept. */
export type ProblemStatus = ContentfulStatusCode;
