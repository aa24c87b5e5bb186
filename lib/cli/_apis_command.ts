import {
  type BlockingApi,
  blockingApis,
} from "@loophound/toolkit/blocking_apis";
import { parseArgs } from "node:util";
import { type Command, UsageError } from "./_command.ts";

function matches(api: BlockingApi, filter: string): boolean {
  return [api.id, api.kind, api.nature].some((text) =>
    text.toLowerCase().includes(filter)
  );
}

function format(api: BlockingApi): string {
  const size = api.size === null
    ? ""
    : `, over ${api.size.over.toLocaleString("en")} ${api.size.unit}`;
  const nature = api.nature === "sync" ? "" : ", asynchronous in name only";
  return `${api.id}  (${api.kind}${nature}${size})\n  ${api.why}\n  → ${api.instead}\n`;
}

/** `loophound apis`. */
export const apisCommand: Command = {
  name: "apis",
  summary: "the APIs that hold the loop, and what to use instead",
  help: `Usage: loophound apis [filter] [--json]

Prints the list that guard, lint and scan go by. A filter is a part of a name
(node:fs, gzip), a kind (sync_io, cpu, parked, module_load) or in_name_only.

  --json  the entries as JSON
`,
  run(args, { out, err }) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: "boolean" } },
    });
    if (positionals.length > 1) {
      throw new UsageError("Cannot filter: give one word at most");
    }
    const [filter = ""] = positionals;
    const found = blockingApis.filter((api) =>
      matches(api, filter.toLowerCase())
    );
    if (values.json === true) out(`${JSON.stringify(found, null, 2)}\n`);
    else out(found.map(format).join("\n"));
    if (found.length > 0) return Promise.resolve(0);
    err(`No API matches "${filter}"\n`);
    return Promise.resolve(1);
  },
};
