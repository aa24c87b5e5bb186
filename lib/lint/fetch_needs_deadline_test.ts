import assert from "node:assert/strict";
import { lint, testRule } from "./_test_lint.ts";

testRule("fetch-needs-deadline", {
  reported: {
    "no options": [`await fetch("https://x.org");`, "fetch"],
    "an unknown address": [
      `async function f(url) { return await fetch(url); }`,
      "fetch",
    ],
    "globalThis.fetch": [`await globalThis.fetch(url);`, "globalThis.fetch"],
    "an alias": [`const get = fetch; await get(url);`, "get"],
    "a default that is given from outside": [
      `async function f(url, options) { const get = options.fetch ?? fetch; await get(url); }`,
      "get",
    ],
    "options without a signal": [
      `await fetch(url, { method: "POST", body });`,
      "fetch",
    ],
    "no signal at all": [
      `await fetch(url, { signal: undefined }); await fetch(url, { signal: null });`,
      "fetch",
      "fetch",
    ],
    "known options": [
      `const options = { method: "POST" }; await fetch(url, options);`,
      "fetch",
    ],
    "known options, spread": [
      `const base = { method: "POST" }; await fetch(url, { ...base, body });`,
      "fetch",
    ],
    "either options": [
      `await fetch(url, a ? { method: "PUT" } : undefined);`,
      "fetch",
    ],
    "a Request without": [
      `await fetch(new Request(url, { method: "POST" }));`,
      "fetch",
    ],
    "a Request in a variable": [
      `const x = new Request(url); await fetch(x);`,
      "fetch",
    ],
    "a URL": [`await fetch(new URL("/a", base));`, "fetch"],
    "a handler": [
      `app.get("/a", async (c) => c.json(await (await fetch(c.req.query("url"))).json()));`,
      "fetch",
    ],
  },
  innocent: {
    "a signal":
      `await fetch(url, { signal }); await fetch(url, { signal: AbortSignal.timeout(1000) });`,
    "a signal that may be missing":
      `await fetch(url, { signal: options.signal });`,
    "unknown options":
      `async function f(url, options) { return await fetch(url, options); }`,
    "unknown options, spread":
      `async function f(url, init) { return await fetch(url, { ...init, method: "GET" }); }`,
    "an unknown key": `await fetch(url, { [key]: value });`,
    "known options with a signal":
      `const options = { signal }; await fetch(url, options);`,
    "options that are changed":
      `const options = { method: "POST" }; options.signal = signal; await fetch(url, options);`,
    "options that are handed on":
      `const options = { method: "POST" }; withDeadline(options); await fetch(url, options);`,
    "a Request with":
      `await fetch(new Request(url, { signal })); const r = new Request(url, { signal }); await fetch(r);`,
    "a Request from outside":
      `async function f(request: Request) { return await fetch(request); }`,
    "a Request by its name":
      `async function f(req) { await fetch(req); await fetch(c.req.raw); await fetch(new Request(request)); await fetch(request.clone()); }`,
    "data: and blob:":
      `await fetch("data:text/plain,a"); await fetch("file:///a");`,
    "a file of the program":
      `await fetch(new URL("./a.wasm", import.meta.url));`,
    "another fetch": `import { fetch } from "./own.ts"; await fetch(url);`,
    "a method":
      `await app.fetch(request); await this.fetch(url); await client.fetch("x");`,
    "a parameter": `async function f(fetch, url) { await fetch(url); }`,
    "spread arguments": `async function f(...args) { await fetch(...args); }`,
  },
});

Deno.test("fetch-needs-deadline leaves tests alone", () => {
  assert.deepEqual(
    lint("fetch-needs-deadline", `await fetch("x")`, "/a/b.test.ts"),
    [],
  );
});
