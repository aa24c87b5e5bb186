/** How the list stands to the running Deno and to the files written of it. */
import type { BlockingApi } from "@loophound/toolkit/blocking_apis";
import { type ApiRoot, findApis } from "./find_apis.ts";
import { idOf } from "./_found_api.ts";
import { makeList } from "./make_list.ts";
import { renderModule } from "./render_module.ts";
import { renderPage } from "./render_page.ts";
import { resolvesApi } from "./resolve_api.ts";
import { type Reviewed, surface, unreviewed } from "./surface.ts";

const REVIEWED = new URL("reviewed.json", import.meta.url);
const MODULE = new URL(
  "../../lib/blocking_apis/_apis.gen.ts",
  import.meta.url,
);
const PAGE = new URL("../../docs/blocking_apis.md", import.meta.url);

/** A file that the script writes. */
export interface GeneratedFile {
  url: URL;
  /** What the script makes of it now. */
  text: string;
  /** Whether that is what is there. */
  isCurrent: boolean;
}

/** All that the script, and the tests, want to know. */
export interface ListState {
  /** The version of Deno that somebody has looked at. */
  deno: string;
  apis: readonly BlockingApi[];
  /** Synchronous in the running Deno, and described nowhere. */
  unknown: readonly string[];
  /** Described, and not in the running Deno. */
  missing: readonly string[];
  /** Offered by the running Deno, and looked at by nobody. */
  unreviewed: readonly string[];
  files: readonly GeneratedFile[];
}

/** What somebody has looked at. */
export async function readReviewed(): Promise<Reviewed> {
  return JSON.parse(await Deno.readTextFile(REVIEWED));
}

/** Notes that all the running Deno offers has been looked at. */
export async function writeReviewed(roots: readonly ApiRoot[]): Promise<void> {
  const reviewed: Reviewed = {
    deno: Deno.version.deno,
    names: Object.fromEntries(surface(roots)),
  };
  await Deno.writeTextFile(REVIEWED, `${JSON.stringify(reviewed, null, 2)}\n`);
}

async function generated(url: URL, text: string): Promise<GeneratedFile> {
  let isCurrent = false;
  try {
    isCurrent = await Deno.readTextFile(url) === text;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { url, text, isCurrent };
}

async function missingOf(apis: readonly BlockingApi[]): Promise<string[]> {
  const missing: string[] = [];
  for (const { id, module, name } of apis) {
    // Packages are there or not by the program's choice, not by Deno's.
    if (module.startsWith("npm:")) continue;
    if (!await resolvesApi(module, name)) missing.push(id);
  }
  return missing;
}

/** Compares the running Deno with what is described, and with the files. */
export async function stateOfList(
  roots: readonly ApiRoot[],
): Promise<ListState> {
  const { apis, unknown } = makeList(findApis(roots));
  const reviewed = await readReviewed();
  return {
    deno: reviewed.deno,
    apis,
    unknown: unknown.map(({ module, name }) => idOf(module, name)),
    missing: await missingOf(apis),
    unreviewed: unreviewed(surface(roots), reviewed, apis),
    files: [
      await generated(MODULE, renderModule(apis, reviewed.deno)),
      await generated(PAGE, renderPage(apis, reviewed.deno)),
    ],
  };
}
