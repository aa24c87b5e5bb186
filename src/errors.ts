/**
 * Every HTTP error of the API, in one table: name, status, title. Answers are
 * RFC 9457 problem documents (`application/problem+json`).
 */
export const problems = {
  "bad-request": { status: 400, title: "The request is malformed" },
  "invalid-parameter": { status: 400, title: "A parameter is not valid" },
  "invalid-body": { status: 400, title: "The body is not valid" },
  "path-outside-roots": {
    status: 403,
    title: "The path is outside the folders that loads may read",
  },
  "unauthorized": { status: 401, title: "A token is required" },
  "not-found": { status: 404, title: "No such resource" },
  "file-not-found": { status: 404, title: "No such file" },
  "method-not-allowed": { status: 405, title: "Method not allowed" },
  "conflict": { status: 409, title: "The resource is in another state" },
  "idempotency-conflict": {
    status: 409,
    title: "The idempotency key was used for another request",
  },
  "body-too-large": { status: 413, title: "The body is over the limit" },
  "unsupported-media-type": {
    status: 415,
    title: "The media type is not supported",
  },
  "unprocessable-input": {
    status: 422,
    title: "The input cannot be read",
  },
  "upgrade-required": {
    status: 426,
    title: "This address speaks WebSocket only",
  },
  "too-many-sockets": { status: 503, title: "Too many WebSockets are open" },
  "too-busy": { status: 503, title: "All places are taken" },
  "unavailable": { status: 503, title: "A service behind it is unavailable" },
  "not-ready": { status: 503, title: "The server is not ready" },
  "deadline-exceeded": { status: 504, title: "The deadline passed" },
  "internal": { status: 500, title: "The server failed" },
} as const satisfies Record<string, { status: number; title: string }>;

/** The name of a problem: the last segment of its `type`. */
export type ProblemName = keyof typeof problems;

/** What a problem document may say besides `type`, `title` and `status`. */
export interface ProblemDetails {
  /** What is wrong with this request, naming field and value. */
  detail: string;
  /** The parameters or body fields at fault. */
  errors?: { field: string; detail: string }[];
  /** Seconds after which trying again makes sense: sent as `Retry-After`. */
  retryAfterS?: number;
  cause?: unknown;
}

/** An error that the API answers as a problem document. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: ProblemName;
  readonly status: number;
  readonly errors: readonly { field: string; detail: string }[] | undefined;
  readonly retryAfterS: number | undefined;

  constructor(problem: ProblemName, details: ProblemDetails) {
    super(
      details.detail,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.problem = problem;
    this.status = problems[problem].status;
    this.errors = details.errors;
    this.retryAfterS = details.retryAfterS;
  }
}
