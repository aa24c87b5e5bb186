import assert from "node:assert/strict";

Deno.test("a block is a span under the span of its request", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tests/examples/traced.ts"],
    cwd: new URL("../", import.meta.url),
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_PROTOCOL: "console",
      NO_COLOR: "1",
    },
    stdin: "null",
    stdout: "null",
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert.equal(code, 0, text);
  const request = /SPAN GET \[(\w+)\/(\w+)\] Server/.exec(text);
  const block =
    /SPAN event loop block \[(\w+)\/\w+\] Internal [\d.]+ms\n\s+parent: (\w+)/
      .exec(text);
  assert.ok(request !== null && block !== null, text);
  assert.deepEqual(block.slice(1), request.slice(1));
  assert.match(text, /http\.route: GET \/slow/);
  assert.match(text, /code\.file\.path: \S+traced\.ts/);
  assert.match(text, /code\.line\.number: 12\n/);
});
