import type { BlockReport } from "@loophound/toolkit/monitor";

/** What is used of a span. */
interface SpanLike {
  end(endTime?: Date): void;
}

/**
 * What is used of `@opentelemetry/api`; its module fits:
 * `import * as opentelemetry from "@opentelemetry/api"`.
 */
export interface OpenTelemetryApi {
  trace: {
    getTracer(name: string): {
      startSpan(
        name: string,
        options: {
          startTime: Date;
          attributes: Record<string, string | number>;
        },
        // deno-lint-ignore no-explicit-any -- a context is opaque to us
        context: any,
      ): SpanLike;
    };
  };
  context: { active(): unknown };
}

const NAME = "event loop block";

/**
 * Makes a span of each block of the running request, as a child of the span
 * that is active now.
 *
 * @returns What takes the request's block reports.
 */
export function blockSpans(
  api: OpenTelemetryApi,
): (report: BlockReport) => void {
  const parent = api.context.active();
  return (report) => {
    const { culprit, cause } = report;
    const end = new Date(report.time);
    const startTime = new Date(end.getTime() - report.longest_ms);
    const span = api.trace.getTracer("loophound").startSpan(NAME, {
      startTime,
      attributes: {
        "loophound.longest_ms": report.longest_ms,
        "loophound.own_ms": report.own_ms,
        ...(report.route === null ? {} : { "http.route": report.route }),
        ...(cause === null ? {} : { "loophound.cause": cause }),
        ...(culprit === null ? {} : {
          "code.function.name": culprit.function,
          "code.file.path": culprit.file,
          "code.line.number": culprit.line,
          "code.stacktrace": report.stack.join("\n"),
        }),
      },
    }, parent);
    span.end(end);
  };
}
