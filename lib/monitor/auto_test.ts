import assert from "node:assert/strict";
import { requestLabel } from "./monitor_serve.ts";

Deno.test("requestLabel() leaves out what looks like an id", () => {
  const of = (path: string) => requestLabel("GET", `http://h:1${path}`);
  assert.equal(of(""), "GET /");
  assert.equal(of("/a/b?c=/d#e"), "GET /a/b");
  assert.equal(of("/orders/42/items"), "GET /orders/:id/items");
  assert.equal(
    of("/x/3f2b8c1e-0b1d-4a7e-9c1f-aa00bb11cc22"),
    "GET /x/:id",
  );
});

Deno.test("monitor/auto names handler and line of a program that knows nothing of it", async () => {
  const folder = await Deno.makeTempDir();
  const program = `${folder}/main.ts`;
  await Deno.writeTextFile(
    program,
    `interface Sum { value: number }

function slowSum(): Sum {
  let value = 0;
  for (let i = 0; i < 2e8; i++) value += i; // here
  return { value };
}
const server = Deno.serve({ port: 0, onListen() {} }, (request: Request) =>
  Response.json(new URL(request.url).pathname === "/sum/7" ? slowSum() : 1));
const at = "http://127.0.0.1:" + server.addr.port;
for (const path of ["/one", "/sum/7"]) await (await fetch(at + path)).text();
await new Promise((resolve) => setTimeout(resolve, 500));
await server.shutdown();
`,
  );
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--config",
      new URL("../../deno.json", import.meta.url).pathname,
      "--preload",
      new URL("./auto.ts", import.meta.url).pathname,
      program,
    ],
    cwd: new URL("../../", import.meta.url),
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder().decode(stderr);
  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 0, text);
  assert.match(text, /Potential event loop blocking in GET \/sum\/:id: held/);
  assert.match(text, /at slowSum \(file:\S+main\.ts:5:\d+\)/);
});
