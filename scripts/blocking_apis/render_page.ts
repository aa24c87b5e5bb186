import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import { offTheLoop } from "./off_the_loop.ts";

const KINDS: Readonly<Record<BlockingApi["kind"], string>> = {
  sync_io: "waits",
  cpu: "computes",
  parked: "parks",
  module_load: "loads code",
};

function named(api: BlockingApi): string {
  const call = api.call === "constructor" ? `new ${api.name}()` : api.name;
  const when = api.withoutCallback === true
    ? " without a callback"
    : api.withCallback === true
    ? " with a callback"
    : "";
  return `\`${call}\`${when}${api.byDefault ? "" : " °"}`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function measuredOf({ of }: NonNullable<BlockingApi["size"]>): string {
  if (of === "this") return "receiver";
  return of === "result" ? "result" : `argument ${of + 1}`;
}

function sizeOf({ size }: BlockingApi): string {
  if (size === null) return "any";
  const unit = size.unit === "iterations" ? "" : ` ${size.unit}`;
  return `${measuredOf(size)} over ${number(size.over)}${unit}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function table(apis: readonly BlockingApi[]): string {
  const rows = apis.map((api) =>
    `| ${named(api)} | ${KINDS[api.kind]} | ${sizeOf(api)} | ${
      cell(api.why)
    } | ${cell(api.instead)} |`
  );
  return [
    "| API | it | from size | why it holds the loop | instead |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function section(title: string, apis: readonly BlockingApi[]): string {
  const byModule = Map.groupBy(apis, ({ module }) => module);
  const tables = [...byModule].map(([module, of]) =>
    `### ${module === "global" ? "Globals" : `\`${module}\``}\n\n${table(of)}`
  );
  return `## ${title}\n\n${tables.join("\n\n")}`;
}

/**
 * The page of the docs: the whole list, and how to read it.
 *
 * @param deno The version of Deno that was looked at.
 */
export function renderPage(
  apis: readonly BlockingApi[],
  deno: string,
): string {
  const sync = apis.filter(({ nature }) => nature === "sync");
  const inNameOnly = apis.filter(({ nature }) => nature === "in_name_only");
  return `<!-- deno-fmt-ignore-file -->
<!-- Written by scripts/blocking_apis.ts from the running Deno. Do not edit. -->

# APIs that hold the loop

${apis.length} APIs of Deno ${deno}: ${sync.length} that are synchronous, and ${inNameOnly.length} that give a promise, take a callback or are a stream, and do their work on the loop all the same. The guard, the lint plugin, the scan, the test sanitizer and this page read one list, \`@loophound/toolkit/blocking_apis\`.

- **It** says what the thread does meanwhile: it *waits* in the kernel for a disk or a process, *computes*, *parks* without doing either, or *loads code*.
- **From size**: smaller calls are no crime. Most limits are the size that takes about 5 ms. *Any*: worth telling whatever the size. A receiver's size is the length of the array, or of the body.
- **°** marks what is everywhere and mostly small: tools that see every call leave it out unless asked.

Times were measured on a virtual machine with two cores, and are medians that say what order of magnitude to expect; yours are faster or slower. \`deno run -A scripts/blocking_apis/measure.ts\` measures the second half of the page again.

${section("Synchronous", sync)}

${section("Asynchronous in name only", inNameOnly)}

## Measured, and off the loop

| API | measured |
| --- | --- |
${
    offTheLoop.map(({ name, measured }) => `| ${name} | ${measured} ms |`).join(
      "\n",
    )
  }

## How the list is made

\`deno run -A scripts/blocking_apis.ts\` walks the running Deno (\`Deno\`, every \`node:*\` module, the globals, and the prototypes under them) and finds whatever says of itself that it is synchronous: names that end in \`Sync\`, and the methods of classes whose names do. What no walk can find is written down beside the script, by subject: \`JSON.parse\`, \`randomBytes\`, PGlite. A test fails when the running Deno has a synchronous API that is not on the list, and when it offers any function at all that nobody has looked at yet.
`;
}
