import { startLoopMonitor } from "@loophound/toolkit/monitor";
import assert from "node:assert/strict";
import { loopMetrics, queryMetrics, requestMetrics } from "./metrics.ts";
import { renderPrometheus } from "./prometheus.ts";

Deno.test("renderPrometheus() writes counters, gauges and histograms", () => {
  const text = renderPrometheus([
    {
      name: "hits_total",
      help: "Hits \\ in\ntwo lines.",
      type: "counter",
      samples: [
        { value: 1 },
        { labels: { route: 'a "b"\\c\nd', n: 2 }, value: 3.5 },
      ],
    },
    { name: "free", help: "Free.", type: "gauge", samples: [] },
    {
      name: "wait_seconds",
      help: "Wait.",
      type: "histogram",
      samples: [{
        labels: { lane: "light" },
        buckets: [{ le: 0.5, count: 1 }, { le: Infinity, count: 2 }],
        sum: 3,
        count: 2,
      }],
    },
  ]);
  assert.equal(
    text,
    `# HELP hits_total Hits \\\\ in\\ntwo lines.
# TYPE hits_total counter
hits_total 1
hits_total{route="a \\"b\\"\\\\c\\nd",n="2"} 3.5
# HELP free Free.
# TYPE free gauge
# HELP wait_seconds Wait.
# TYPE wait_seconds histogram
wait_seconds_bucket{lane="light",le="0.5"} 1
wait_seconds_bucket{lane="light",le="+Inf"} 2
wait_seconds_sum{lane="light"} 3
wait_seconds_count{lane="light"} 2
`,
  );
});

Deno.test("renderPrometheus() refuses bad and double names", () => {
  const metric = (name: string, label = "ok") => ({
    name,
    help: "",
    type: "gauge" as const,
    samples: [{ labels: { [label]: "" }, value: 0 }],
  });
  assert.throws(() => renderPrometheus([metric("a b")]), /bad name/);
  assert.throws(() => renderPrometheus([metric("a", "b-c")]), /bad name/);
  assert.throws(
    () => renderPrometheus([metric("a"), metric("a")]),
    /comes twice/,
  );
});

Deno.test("renderPrometheus() takes the toolkit's own metrics", async () => {
  await using monitor = startLoopMonitor({ log: null });
  monitor.measure("GET /", () => {
    const end = performance.now() + 20;
    while (performance.now() < end);
  });
  await monitor.settled();
  const times = { buckets: [{ le_ms: 5, count: 1 }], sum_ms: 2, count: 1 };
  const text = renderPrometheus([
    ...loopMetrics(monitor),
    ...requestMetrics([{
      route: "GET /",
      requests: 1,
      by_status: { "2xx": 1 },
      wall: times,
      own: times,
    }]),
    ...queryMetrics([{
      lane: "light",
      count: 1,
      failed: 0,
      slow: 1,
      execution: times,
    }]),
  ]);
  assert.match(text, /^loophound_blocks_total\{route="GET \/"\} 1$/m);
  assert.match(
    text,
    /^loophound_request_seconds_bucket\{route="GET \/",le="0.005"\} 1$/m,
  );
  assert.match(text, /^loophound_query_seconds_sum\{lane="light"\} 0.002$/m);
  assert.match(text, /^loophound_loop_lag_seconds_count \d+$/m);
});
