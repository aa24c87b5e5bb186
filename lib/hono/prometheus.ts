/** Labels of a sample, in the order in which they are written. */
export type MetricLabels = Record<string, string | number>;

/** One value. */
export interface MetricSample {
  labels?: MetricLabels;
  value: number;
}

/** One histogram: cumulative counts under upper bounds, `+Inf` not needed. */
export interface MetricHistogram {
  labels?: MetricLabels;
  buckets: readonly { le: number; count: number }[];
  sum: number;
  count: number;
}

/** Samples that share name, help and type. */
export type Metric =
  | {
    name: string;
    help: string;
    type: "counter" | "gauge";
    samples: readonly MetricSample[];
  }
  | {
    name: string;
    help: string;
    type: "histogram";
    samples: readonly MetricHistogram[];
  };

/** What an answer with such a text says its content is. */
export const PROMETHEUS_CONTENT_TYPE =
  "text/plain; version=0.0.4; charset=utf-8";

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function escape(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function number(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function line(name: string, labels: MetricLabels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => {
    if (!LABEL_NAME.test(key)) {
      throw new TypeError(`Cannot write label "${key}" of ${name}: bad name`);
    }
    return `${key}="${escape(String(text)).replaceAll('"', '\\"')}"`;
  });
  const set = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${name}${set} ${number(value)}\n`;
}

function histogramLines(name: string, sample: MetricHistogram): string {
  const { labels = {}, buckets, sum, count } = sample;
  let text = "";
  for (const bucket of buckets) {
    if (bucket.le === Infinity) continue;
    const le = number(bucket.le);
    text += line(`${name}_bucket`, { ...labels, le }, bucket.count);
  }
  text += line(`${name}_bucket`, { ...labels, le: "+Inf" }, count);
  return text + line(`${name}_sum`, labels, sum) +
    line(`${name}_count`, labels, count);
}

/**
 * Writes metrics in the text format that Prometheus scrapes.
 *
 * @param metrics Metrics, each name once.
 * @returns The text, to be answered as {@linkcode PROMETHEUS_CONTENT_TYPE}.
 * @throws {TypeError} A name is not one that Prometheus takes, or comes twice.
 *
 * @example
 * ```ts
 * import { renderPrometheus } from "@loophound/toolkit/hono";
 *
 * console.log(renderPrometheus([{
 *   name: "cache_hits_total",
 *   help: "Lookups answered from the cache.",
 *   type: "counter",
 *   samples: [{ labels: { cache: "genes" }, value: 3 }],
 * }]));
 * ```
 */
export function renderPrometheus(metrics: Iterable<Metric>): string {
  const seen = new Set<string>();
  let text = "";
  for (const metric of metrics) {
    const { name, help, type } = metric;
    if (!METRIC_NAME.test(name) || seen.has(name)) {
      throw new TypeError(
        `Cannot write metric "${name}": ${
          seen.has(name) ? "name comes twice" : "bad name"
        }`,
      );
    }
    seen.add(name);
    text += `# HELP ${name} ${escape(help)}\n# TYPE ${name} ${type}\n`;
    if (metric.type === "histogram") {
      for (const sample of metric.samples) text += histogramLines(name, sample);
    } else {
      for (const { labels = {}, value } of metric.samples) {
        text += line(name, labels, value);
      }
    }
  }
  return text;
}
