/** JSON of megabytes, and copies of it. */
import { Hono } from "hono";
import v8 from "node:v8";
import { block, type Case } from "../case.ts";
import { IN_A_PACKAGE, WITHOUT_FRAME } from "../misses.ts";
import { inputs, prepareRows, type Row } from "./_inputs.ts";
import { pause } from "./_work.ts";

export const app = new Hono();

app.get("/json/parse", (c) => {
  const rows = JSON.parse(inputs.json); // culprit: json_parse
  return c.json({ rows: rows.length });
});

app.get("/json/parse-after-await", async (c) => {
  await pause(3);
  const rows = JSON.parse(inputs.json); // culprit: json_parse_after_await
  return c.json({ rows: rows.length });
});

function readTable(text: string): Row[] {
  return JSON.parse(text); // culprit: json_parse_helper
}
app.get("/json/parse-helper", async (c) => {
  await pause(1);
  return c.json({ rows: readTable(inputs.json).length });
});

app.get("/json/reviver", (c) => {
  const text = inputs.json.slice(0, inputs.json.lastIndexOf("},", 3_000_000));
  const rows = JSON.parse(`${text}}]`, function trim(_key, value) { // culprit: json_reviver
    return typeof value === "string" ? value.trim() : value; // culprit: json_reviver
  });
  return c.json({ rows: rows.length });
});

app.get("/json/stringify", (c) => {
  const text = JSON.stringify(inputs.rows); // culprit: json_stringify
  return c.text(String(text.length));
});

app.get("/json/c-json", (c) => {
  return c.json(inputs.rows); // culprit: json_c_json
});

app.get("/json/response-json", () => {
  return Response.json(inputs.rows); // culprit: json_response_json
});

app.post("/json/request-json", async (c) => {
  const rows = await c.req.json(); // culprit: json_request_json
  return c.json({ rows: rows.length });
});

app.get("/json/of-an-answer", async (c) => {
  const answer = new Response(inputs.bytes);
  const rows = await answer.json(); // culprit: json_answer_json
  return c.json({ rows: rows.length });
});

app.get("/json/clone", (c) => {
  const copy = structuredClone(inputs.rows.slice(0, 50_000)); // culprit: structured_clone
  return c.json({ rows: copy.length });
});

async function snapshot(rows: readonly Row[]): Promise<number> {
  await pause(2);
  return v8.serialize(rows).byteLength; // culprit: v8_serialize
}
app.get("/json/snapshot", async (c) => c.json(await snapshot(inputs.rows)));

type Label = Parameters<typeof block>[1];
const json = (
  label:
    & Pick<Label, "title" | "where" | "request" | "function" | "api">
    & Partial<Label>,
): Label => ({
  kind: "json",
  cause: "cpu",
  prepare: prepareRows,
  blockMs: 200,
  ...label,
});

export const cases: readonly Case[] = [
  block(
    "json_parse",
    json({
      title: "JSON.parse of 20 MB",
      where: "first stretch",
      request: "GET /json/parse",
      function: null,
      api: "JSON.parse",
    }),
  ),
  block(
    "json_parse_after_await",
    json({
      title: "JSON.parse of 20 MB after an await",
      where: "after an await",
      request: "GET /json/parse-after-await",
      function: null,
      api: "JSON.parse",
    }),
  ),
  block(
    "json_parse_helper",
    json({
      title: "JSON.parse of 20 MB in a helper",
      where: "helper",
      request: "GET /json/parse-helper",
      function: "readTable",
      api: "JSON.parse",
    }),
  ),
  block(
    "json_reviver",
    json({
      title: "JSON.parse of 3 MB with a reviver",
      where: "helper",
      request: "GET /json/reviver",
      function: "trim",
      api: "JSON.parse",
    }),
  ),
  block(
    "json_stringify",
    json({
      title: "JSON.stringify of 20 MB",
      where: "first stretch",
      request: "GET /json/stringify",
      function: null,
      api: "JSON.stringify",
    }),
  ),
  block(
    "json_c_json",
    json({
      title: "c.json() of 20 MB",
      where: "first stretch",
      request: "GET /json/c-json",
      function: null,
      api: "JSON.stringify",
      misses: { scan: IN_A_PACKAGE, lint: IN_A_PACKAGE },
    }),
  ),
  block(
    "json_response_json",
    json({
      title: "Response.json() of 20 MB",
      where: "first stretch",
      request: "GET /json/response-json",
      function: null,
      api: null,
    }),
  ),
  block(
    "json_request_json",
    json({
      misses: WITHOUT_FRAME,
      title: "await c.req.json() of 20 MB",
      where: "after an await",
      request: "POST /json/request-json",
      body: () => {
        prepareRows();
        return inputs.bytes;
      },
      function: null,
      api: null,
    }),
  ),
  block(
    "json_answer_json",
    json({
      misses: WITHOUT_FRAME,
      title: "await response.json() of 20 MB",
      where: "after an await",
      request: "GET /json/of-an-answer",
      function: null,
      api: "Response.prototype.json",
    }),
  ),
  block(
    "structured_clone",
    json({
      title: "structuredClone of 50,000 rows",
      kind: "clone",
      where: "first stretch",
      request: "GET /json/clone",
      function: null,
      api: "structuredClone",
      blockMs: 300,
    }),
  ),
  block(
    "v8_serialize",
    json({
      title: "v8.serialize of 250,000 rows",
      kind: "clone",
      where: "helper's continuation",
      request: "GET /json/snapshot",
      function: "snapshot",
      api: "node:v8.serialize",
      blockMs: 250,
    }),
  ),
];
