import { ProblemError } from "../src/errors.ts";
import { startingReadiness } from "../src/readiness.ts";
import { problemResponse } from "./problem.ts";

function pathOf(request: Request): string {
  return new URL(request.url).pathname;
}

/** The answer to what cannot be taken on: the server starts or stops. */
export function notReady(
  request: Request,
  detail: string,
  options: { retryAfterS: number },
): Response {
  return problemResponse(
    new ProblemError("not-ready", { detail, ...options }),
    pathOf(request),
  );
}

/**
 * What is answered without a backend: health at once. Undefined: the request
 * needs the backend.
 */
export function startingAnswer(
  request: Request,
  detail: string,
): Response | undefined {
  switch (pathOf(request)) {
    case "/healthz":
      return Response.json({ status: "ok" });
    case "/readyz":
      return Response.json(startingReadiness(detail), { status: 503 });
    default:
      return undefined;
  }
}
