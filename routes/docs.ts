import type { OpenAPIHono } from "@hono/zod-openapi";
import { html, raw } from "hono/html";

interface Operation {
  summary?: string;
  description?: string;
  tags?: string[];
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: unknown;
  }[];
  responses?: Record<string, { description?: string }>;
}

interface OpenApiDocument {
  paths?: Record<string, Record<string, Operation>>;
}

const STYLE = `
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #ccc } code, .method { font-family: ui-monospace, monospace }
.method { display: inline-block; min-width: 4rem; font-weight: 700 } details { margin: .5rem 0; padding: .5rem; border: 1px solid #ddd; border-radius: 6px }
summary { cursor: pointer } td, th { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #181818 } a { color: #8ab4f8 } details, h2 { border-color: #444 } }
`;

function operationHtml(method: string, path: string, operation: Operation) {
  const parameters = operation.parameters ?? [];
  const link = method === "get" && !path.includes("{")
    ? html`<p><a href="${path}">Try it</a></p>`
    : "";
  return html`<details><summary><span class="method">${method.toUpperCase()}</span> <code>${path}</code> — ${
    operation.summary ?? ""
  }</summary>
${
    operation.description === undefined
      ? ""
      : html`<p>${operation.description}</p>`
  }
${
    parameters.length === 0
      ? ""
      : html`<table><tr><th>Parameter</th><th>In</th><th>Schema</th></tr>
${
        parameters.map((parameter) =>
          html`
            <tr>
              <td><code>${parameter.name}</code>${parameter.required
                ? " *"
                : ""}</td>
              <td>${parameter.in}</td>
              <td><code>${JSON.stringify(parameter.schema ?? {})}</code></td>
            </tr>
          `
        )
      }</table>`
  }
<table><tr><th>Status</th><th>Means</th></tr>${
    Object.entries(operation.responses ?? {}).map(([status, response]) =>
      html`
        <tr>
          <td>${status}</td>
          <td>${response.description ?? ""}</td>
        </tr>
      `
    )
  }</table>${link}</details>`;
}

/**
 * `GET /docs`: the API as a page, made from `/openapi.json` on the server, so
 * that it needs no script and nothing from another host.
 */
export function docsPage(document: unknown) {
  const { paths = {} } = document as OpenApiDocument;
  const byTag = new Map<string, ReturnType<typeof operationHtml>[]>();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      const tag = operation.tags?.[0] ?? "other";
      const entry = operationHtml(method, path, operation);
      byTag.set(tag, [...byTag.get(tag) ?? [], entry]);
    }
  }
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width">
        <title>Loophound API</title>
        <style>${raw(STYLE)}</style>
      </head>
      <body><h1>Loophound API</h1><p>Machine-readable: <a href="/openapi.json">/openapi.json</a>. Errors are problem documents (RFC 9457).</p>
    ${[...byTag].map(([tag, entries]) =>
      html`<h2>${tag}</h2>${entries}`
    )}</body>
    </html>
  `;
}

/** Adds `/openapi.json` and `/docs` to the app. */
export function addDocs(app: OpenAPIHono, options: { version: string }): void {
  const info = {
    openapi: "3.1.0",
    info: {
      title: "Loophound",
      version: options.version,
      description:
        "Load anything, serve it, and prove that the loop never stalled",
      license: { name: "MIT", identifier: "MIT" },
    },
  };
  // The document never changes while the process runs: it is made once, at
  // start-up, and not in a handler, where it would hold the loop.
  const document = app.getOpenAPI31Document(info);
  const json = JSON.stringify(document);
  const page = docsPage(document);
  app.get(
    "/openapi.json",
    (c) => c.body(json, 200, { "content-type": "application/json" }),
  );
  app.get("/docs", (c) => c.html(page));
}
